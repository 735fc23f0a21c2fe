import type { Clock } from "../../lib/clock.ts";
import { isPassing } from "../../lib/passing-trouble.ts";
import type { CallService, ServiceRequest } from "../../core/ports/outbound.ts";
import type { Account } from "./account.ts";

/** What calls of the table service need. */
export interface ServiceDeps {
  readonly account: Account;
  readonly call: CallService;
  readonly clock: Clock;
  /** Resolves after so many milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
  /** 0 up to 1. */
  readonly random: () => number;
}

/** The version whose rules the requests follow; the SDK's. */
const SERVICE_VERSION = "2019-02-02";

/** How long an answer may take, in milliseconds: the service itself gives up after 30 s. */
const TIMEOUT_MS = 35_000;

/** As the SDK does it: tries after the first one, and the waits before them, in milliseconds, which double. */
const RETRIES = 3;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 64_000;

/** What an answer comes to. */
export type Reading<T> =
  | { readonly kind: "done"; readonly value: T }
  /** Refused with this status: tried again when that can pass, else thrown. */
  | { readonly kind: "refused"; readonly status: number; readonly error: unknown };

type Answer = Awaited<ReturnType<CallService>>;

/**
 * Asks the table service, signed, and reads its answer. What can pass is tried again up to three times (no answer, 408, 429, 5xx), after 1, 2 and
 * 4 seconds with jitter or as long as `Retry-After` says.
 * @param path of the account's URL, with its query
 * @throws what the last answer was refused with, or what the connection threw
 */
export async function askTables<T>(
  path: string,
  request: Pick<ServiceRequest, "method" | "headers" | "body">,
  read: (answer: Answer) => Reading<T>,
  deps: ServiceDeps,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    const end = await askOnce(path, request, read, deps);
    if (end.kind === "done") return end.value;
    if (tries === RETRIES || !end.again) throw end.error;
    await deps.sleep(end.afterMs ?? waitMs(tries, deps.random));
  }
}

type End<T> =
  | { readonly kind: "done"; readonly value: T }
  | {
      readonly kind: "failed";
      readonly error: unknown;
      readonly again: boolean;
      readonly afterMs?: number | undefined;
    };

async function askOnce<T>(
  path: string,
  request: Pick<ServiceRequest, "method" | "headers" | "body">,
  read: (answer: Answer) => Reading<T>,
  { account, call, clock }: ServiceDeps,
): Promise<End<T>> {
  const url = `${account.endpoint}${path}${account.query}`;
  const headers = {
    ...(await account.authorize(new URL(url).pathname, clock())),
    ...request.headers,
    "x-ms-version": SERVICE_VERSION,
    dataserviceversion: "3.0;",
    maxdataserviceversion: "3.0;NetFx",
  };
  try {
    const answer = await call({ ...request, url, headers, timeoutMs: TIMEOUT_MS });
    const reading = read(answer);
    if (reading.kind === "done") return reading;
    const { status, error } = reading;
    const again = [408, 429].includes(status) || (status >= 500 && status !== 501 && status !== 505);
    return { kind: "failed", error, again, afterMs: secondsIn(answer.headers["retry-after"]) };
  } catch (error) {
    return { kind: "failed", error, again: isPassing(error) };
  }
}

function waitMs(tries: number, random: () => number): number {
  const longest = Math.min(FIRST_WAIT_MS * 2 ** tries, LONGEST_WAIT_MS);
  return Math.round(longest / 2 + (longest / 2) * random());
}

/** A `Retry-After` in seconds, as milliseconds; the service sends no other form. */
function secondsIn(header: unknown): number | undefined {
  return typeof header === "string" && /^\d{1,3}$/.test(header) ? Number(header) * 1000 : undefined;
}
