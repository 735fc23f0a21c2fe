/** Client of the third party's control API, for the demo and for tests. */
import * as z from "zod";
import { byDelivery, recordsSchema } from "./records.ts";
import type { ReceivedDelivery, RecordedRequest } from "./records.ts";
import type { ReceiverSettings, TokenSettings } from "./settings.ts";

export interface WaitOptions {
  /** 1 by default. */
  readonly count?: number;
  /** 10,000 by default. */
  readonly timeoutMs?: number;
  /** Count distinct `webhook-id`s instead of requests. */
  readonly deliveries?: boolean;
}

/** Every call throws when the partner cannot be reached or refuses, with its answer. */
export interface PartnerControl {
  /** Replaces the settings of a receiver; with `{}` it accepts everything. */
  readonly receiver: (name: string, settings: ReceiverSettings) => Promise<void>;
  readonly token: (name: string, settings: TokenSettings) => Promise<void>;
  /** Returns how many tokens were revoked. */
  readonly revoke: (name: string) => Promise<number>;
  /** In order of arrival. */
  readonly requests: (receiver: string) => Promise<RecordedRequest[]>;
  readonly tokenRequests: (name: string) => Promise<RecordedRequest[]>;
  /** The requests of a receiver by `webhook-id`. */
  readonly deliveries: (receiver: string) => Promise<ReceivedDelivery[]>;
  /** Waits until the receiver has got that many and returns all of them; throws when time is up. */
  readonly waitFor: (receiver: string, options?: WaitOptions) => Promise<RecordedRequest[]>;
  /** Removes all requests; settings stay. */
  readonly clear: () => Promise<void>;
  /** Removes requests, settings and tokens, as in a new partner. */
  readonly reset: () => Promise<void>;
}

/** @param base the control URL that the partner printed, for example `http://localhost:7444`. */
export function partnerControl(base: string): PartnerControl {
  const call = async (method: string, path: string, body?: unknown, accepted: readonly number[] = [200]) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`${base}${path}`, init);
    const text = await response.text();
    if (!accepted.includes(response.status))
      throw new Error(`${method} ${base}${path} answered ${String(response.status)}: ${text}`);
    const value: unknown = JSON.parse(text);
    return { status: response.status, value };
  };
  const list = async (path: string): Promise<RecordedRequest[]> => recordsSchema.parse((await call("GET", path)).value);
  const requests = (receiver: string): Promise<RecordedRequest[]> =>
    list(`/receivers/${encodeURIComponent(receiver)}/requests`);
  return {
    receiver: async (name, settings) => {
      await call("PUT", `/receivers/${encodeURIComponent(name)}`, settings);
    },
    token: async (name, settings) => {
      await call("PUT", `/tokens/${encodeURIComponent(name)}`, settings);
    },
    revoke: async (name) =>
      z.object({ revoked: z.number() }).parse((await call("POST", `/tokens/${encodeURIComponent(name)}/revoke`)).value)
        .revoked,
    requests,
    tokenRequests: (name) => list(`/tokens/${encodeURIComponent(name)}/requests`),
    deliveries: async (receiver) => byDelivery(await requests(receiver)),
    waitFor: async (receiver, { count = 1, timeoutMs = 10_000, deliveries = false } = {}) => {
      const query = new URLSearchParams({
        receiver,
        count: String(count),
        timeoutMs: String(timeoutMs),
        deliveries: String(deliveries),
      });
      const { status, value } = await call("GET", `/requests/wait?${query.toString()}`, undefined, [200, 408]);
      const records = recordsSchema.parse(value);
      if (status === 200) return records;
      const got = deliveries ? byDelivery(records).length : records.length;
      throw new Error(
        `Timed out waiting: ${receiver} got ${String(got)} of ${String(count)} ${deliveries ? "deliveries" : "requests"} in ${String(timeoutMs)} ms.`,
      );
    },
    clear: async () => {
      await call("DELETE", "/requests");
    },
    reset: async () => {
      await call("DELETE", "/");
    },
  };
}
