import { Agent } from "undici";
import type { CallService } from "../core/ports/outbound.ts";

/** Connections to one service. A partition has one transaction in flight at a time, so this is the number of partitions that write at once. */
const CONNECTIONS = 64;

/**
 * The way to services of the platform whose addresses are in the settings: one pool of connections with keep-alive, without the guard that
 * third parties need. Connects to nothing yet.
 */
export function openServiceCalls(): { readonly call: CallService; readonly close: () => Promise<void> } {
  const agent = new Agent({ allowH2: false, pipelining: 1, connections: CONNECTIONS });
  return {
    call: async ({ method, url, headers, body, timeoutMs }) => {
      const { origin, pathname, search } = new URL(url);
      const answer = await agent.request({
        origin,
        path: pathname + search,
        method,
        headers,
        body,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
      return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
    },
    close: () => agent.destroy(),
  };
}
