import { randomUUID } from "node:crypto";
import type { PostToService } from "../../core/ports/outbound.ts";
import type { Clock } from "../../lib/clock.ts";
import { isPassing } from "../../lib/passing-trouble.ts";
import type { Submit } from "./batch-writer.ts";
import type { EncodedWrite } from "./row-write.ts";
import { TableRefusal } from "../table-error.ts";
import type { Account } from "./account.ts";
import { contentType, readAnswer, transactionBody } from "./multipart.ts";

export interface TransactionDeps {
  readonly account: Account;
  readonly post: PostToService;
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

/**
 * Entity group transactions over a pooled connection. Recording deliveries is most of what the app does, and the SDK takes several times the
 * processor of the request that is recorded; what is here is what it does for a transaction, and no more. What can pass is tried again up to
 * three times (no answer, 408, 429, 5xx), after 1, 2 and 4 seconds with jitter or as long as `Retry-After` says.
 */
export function transactionClient(deps: TransactionDeps): Submit {
  const { account } = deps;
  const url = `${account.endpoint}/$batch${account.query}`;
  const { pathname } = new URL(url);
  const boundary = randomUUID();
  return async (table, partition, writes) => {
    const body = transactionBody(`${account.endpoint}/${table}`, partition, writes, boundary);
    for (let tries = 0; ; tries += 1) {
      const end = await tryOnce({ url, path: pathname, boundary, body }, writes, deps);
      if (end.kind === "done") return end.versions;
      if (tries === RETRIES || !end.again) throw end.error;
      await deps.sleep(end.afterMs ?? waitMs(tries, deps.random));
    }
  };
}

type End =
  | { readonly kind: "done"; readonly versions: ReadonlyMap<string, string> }
  | {
      readonly kind: "failed";
      readonly error: unknown;
      readonly again: boolean;
      readonly afterMs?: number | undefined;
    };

async function tryOnce(
  { url, path, boundary, body }: Record<"url" | "path" | "boundary" | "body", string>,
  writes: readonly EncodedWrite[],
  { account, post, clock }: TransactionDeps,
): Promise<End> {
  const headers = {
    ...(await account.authorize(path, clock())),
    "content-type": contentType(boundary),
    accept: "application/json",
    "x-ms-version": SERVICE_VERSION,
    dataserviceversion: "3.0;",
    maxdataserviceversion: "3.0;NetFx",
  };
  try {
    const answer = await post({ url, headers, body, timeoutMs: TIMEOUT_MS });
    const read = readAnswer(answer.status, answer.body);
    if (read.kind === "done")
      return { kind: "done", versions: new Map(writes.map(({ write }, at) => [write.row, read.versions[at] ?? ""])) };
    const again =
      [408, 429].includes(read.status) || (read.status >= 500 && read.status !== 501 && read.status !== 505);
    return { kind: "failed", error: new TableRefusal(read), again, afterMs: secondsIn(answer.headers["retry-after"]) };
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
