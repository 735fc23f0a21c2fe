/** Every request the third party got, exactly as it came. */
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as z from "zod";

/** So many are kept of each receiver; older ones are forgotten, or a long-running partner would grow without end. */
const KEPT = 20_000;

const recordSchema = z.object({
  /** Of the whole partner, from 1. */
  number: z.number(),
  kind: z.enum(["receiver", "token"]),
  /** Of the receiver or token endpoint. */
  name: z.string(),
  /** Milliseconds are real; RFC 3339 in UTC. */
  at: z.string(),
  tls: z.boolean(),
  method: z.string(),
  /** The request target as it stood in the request line. */
  url: z.string(),
  /** Keys as sent, in the order sent, repeats included. */
  headers: z.array(z.tuple([z.string(), z.string()])),
  body: z.object({ text: z.string(), base64: z.string() }),
  /** False: the connection ended, or was reset by us, before the whole body was there. */
  complete: z.boolean(),
  /** What was answered: a status, or what was done instead of answering; `why` for people. */
  answered: z.object({ status: z.number().nullable(), fault: z.string().nullable(), why: z.string().nullable() }),
});

export type RecordedRequest = z.output<typeof recordSchema>;

/** All requests with one `webhook-id`: what a receiver that drops repeats makes of them. */
export interface ReceivedDelivery {
  readonly webhookId: string;
  readonly requests: readonly RecordedRequest[];
  /** Whether every repeat had the same body, as it must. */
  readonly sameBody: boolean;
}

export interface Records {
  readonly add: (record: Omit<RecordedRequest, "number">) => void;
  readonly of: (kind: RecordedRequest["kind"], name: string) => readonly RecordedRequest[];
  /** Of all receivers and token endpoints, by number: how many there are, the first and the last number (0 without any). */
  readonly extent: () => { readonly count: number; readonly first: number; readonly last: number };
  /** So many at most with smaller numbers than `below`, the newest first. */
  readonly newest: (most: number, below?: number) => readonly RecordedRequest[];
  /** So many at most with greater numbers than `after`, the oldest of them, the newest first. */
  readonly next: (most: number, after: number) => readonly RecordedRequest[];
  readonly clear: () => void;
  /** Calls back after each new record until the returned function is called. */
  readonly watch: (seen: () => void) => () => void;
}

/** Records kept in memory and in a file, one JSON line each, so that they survive when the partner is killed. */
export function openRecords(path: string): Records {
  const earlier = load(path);
  writeFileSync(path, earlier.map((record) => `${JSON.stringify(record)}\n`).join(""));
  const lists = Map.groupBy(earlier, keyOf);
  let last = earlier.at(-1)?.number ?? 0;
  const watchers = new Set<() => void>();
  return {
    add(record) {
      last += 1;
      const numbered = { number: last, ...record };
      // Before the answer leaves: whoever saw an answer finds its record, whatever is killed.
      appendFileSync(path, `${JSON.stringify(numbered)}\n`);
      const list = lists.get(keyOf(record)) ?? [];
      list.push(numbered);
      lists.set(keyOf(record), list.length > 2 * KEPT ? list.slice(-KEPT) : list);
      for (const seen of [...watchers]) seen();
    },
    of: (kind, name) => lists.get(keyOf({ kind, name })) ?? [],
    extent: () => {
      const all = [...lists.values()].filter((list) => list.length > 0);
      const firsts = all.map((list) => list[0]?.number ?? 0);
      return {
        count: all.reduce((sum, list) => sum + list.length, 0),
        first: all.length === 0 ? 0 : Math.min(...firsts),
        last: Math.max(0, ...all.map((list) => list.at(-1)?.number ?? 0)),
      };
    },
    newest: (most, below = Number.POSITIVE_INFINITY) =>
      [...lists.values()]
        .flatMap((list) => list.slice(0, indexFrom(list, below)).slice(-most))
        .toSorted(newestFirst)
        .slice(0, most),
    next: (most, after) =>
      [...lists.values()]
        .flatMap((list) => {
          const start = indexFrom(list, after + 1);
          return list.slice(start, start + most);
        })
        .toSorted(newestFirst)
        .slice(-most),
    clear() {
      lists.clear();
      rmSync(path, { force: true });
    },
    watch(seen) {
      watchers.add(seen);
      return () => watchers.delete(seen);
    },
  };
}

/** The value of a header of a recorded request; undefined when absent. */
export function headerOf(record: Pick<RecordedRequest, "headers">, key: string): string | undefined {
  return record.headers.find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
}

/** Groups requests by `webhook-id`, in the order first seen; requests without one are left out. */
export function byDelivery(records: readonly RecordedRequest[]): ReceivedDelivery[] {
  const groups = new Map<string, RecordedRequest[]>();
  for (const record of records) {
    const id = headerOf(record, "webhook-id");
    if (id === undefined) continue;
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [record]);
    else group.push(record);
  }
  return [...groups].map(([webhookId, requests]) => ({
    webhookId,
    requests,
    sameBody: new Set(requests.map(({ body }) => body.base64)).size === 1,
  }));
}

function newestFirst(one: RecordedRequest, other: RecordedRequest): number {
  return other.number - one.number;
}

/** Index of the first record with this number or a greater one; the list is in the order of numbers. */
function indexFrom(list: readonly RecordedRequest[], number: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle]?.number ?? 0) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

function keyOf({ kind, name }: Pick<RecordedRequest, "kind" | "name">): string {
  return `${kind} ${name}`;
}

function load(path: string): RecordedRequest[] {
  let text;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return [];
  }
  return text
    .split("\n")
    .slice(-KEPT - 1)
    .flatMap((line) => {
      const parsed = recordSchema.safeParse(jsonOrUndefined(line));
      return parsed.success ? [parsed.data] : [];
    });
}

/** The last line may be half written, when its writer was killed. */
function jsonOrUndefined(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

export const recordsSchema = z.array(recordSchema);
