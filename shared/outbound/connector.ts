import { buildConnector } from "undici";
import { AddressRefusedError } from "./errors.ts";
import { guardedLookup, isExempt, plainLookup, refusalOf } from "./guard.ts";
import type { GuardOptions } from "./guard.ts";

/** How long connecting may take, TLS included, in milliseconds. */
export const CONNECT_TIMEOUT = 5_000;

/**
 * A connector for undici that opens TLS connections to public addresses only. The exemption is by host *and* port, which a `lookup`
 * does not get to see, so the choice between the guarded and the plain way is made here.
 */
export function guardedConnector(options: GuardOptions): buildConnector.connector {
  const common = { allowH2: false, timeout: CONNECT_TIMEOUT };
  const guarded = buildConnector({ ...common, lookup: guardedLookup(options) });
  const plain = buildConnector({ ...common, lookup: plainLookup(options) });
  return (target, callback) => {
    const host =
      target.hostname.includes(":") && !target.hostname.startsWith("[") ? `[${target.hostname}]` : target.hostname;
    if (isExempt(host, target.port, options)) {
      plain(target, callback);
      return;
    }
    const url = URL.parse(`https://${host}:${target.port || "443"}/`);
    const refusal = url === null ? `${host} is no host that can be called.` : refusalOf(url, options);
    if (refusal !== undefined) {
      callback(new AddressRefusedError(refusal), null);
      return;
    }
    guarded(target, callback);
  };
}
