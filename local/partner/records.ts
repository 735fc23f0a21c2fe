/** Every request the third party received, byte for byte. */
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as z from "zod";

/** Per receiver; older ones are dropped, so that a long-running partner does not grow without bound. */
const MAX_KEPT = 20_000;

const recordSchema = z.object({
  /** Across the whole partner, from 1. */
  number: z.number(),
  kind: z.enum(["receiver", "token"]),
  /** Of the receiver or token endpoint. */
  name: z.string(),
  /** RFC 3339 in UTC, with milliseconds. */
  at: z.string(),
  tls: z.boolean(),
  method: z.string(),
  /** The request target, as in the request line. */
  url: z.string(),
  /** Keys as sent, in order, duplicates included. */
  headers: z.array(z.tuple([z.string(), z.string()])),
  body: z.object({ text: z.string(), base64: z.string() }),
  /** False when the connection ended, or was reset by us, before the whole body had arrived. */
  complete: z.boolean(),
  /** A status, or the fault that played instead; `why` is for people. */
  answered: z.object({ status: z.number().nullable(), fault: z.string().nullable(), why: z.string().nullable() }),
});

export type RecordedRequest = z.output<typeof recordSchema>;

/** All requests with one `webhook-id`: one delivery, to a receiver that ignores duplicates. */
export interface ReceivedDelivery {
  readonly webhookId: string;
  readonly requests: readonly RecordedRequest[];
  /** Whether all had the same body, as they must. */
  readonly sameBody: boolean;
}

export interface Records {
  readonly add: (record: Omit<RecordedRequest, "number">) => void;
  readonly of: (kind: RecordedRequest["kind"], name: string) => readonly RecordedRequest[];
  /** Of all receivers and token endpoints: how many there are, the first and the last number (0 when there are none). */
  readonly extent: () => { readonly count: number; readonly first: number; readonly last: number };
  /** At most so many numbered below `below`, newest first. */
  readonly newest: (most: number, below?: number) => readonly RecordedRequest[];
  /** At most so many that follow `after`, newest first. */
  readonly next: (most: number, after: number) => readonly RecordedRequest[];
  readonly clear: () => void;
  /** Calls `seen` after each new record, until the returned function is called. */
  readonly watch: (seen: () => void) => () => void;
}

/** Records in memory and in a file of JSON lines, so that they survive a killed partner. */
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
      // Before the answer is sent: every answer that was seen has its record, whatever is killed.
      appendFileSync(path, `${JSON.stringify(numbered)}\n`);
      const list = lists.get(keyOf(record)) ?? [];
      list.push(numbered);
      lists.set(keyOf(record), list.length > 2 * MAX_KEPT ? list.slice(-MAX_KEPT) : list);
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

/** Groups requests by `webhook-id`, in order of first arrival; requests without one are left out. */
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

/** Index of the first record numbered `number` or higher; the list is in order. */
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
    .slice(-MAX_KEPT - 1)
    .flatMap((line) => {
      const parsed = recordSchema.safeParse(jsonOrUndefined(line));
      return parsed.success ? [parsed.data] : [];
    });
}

/** The last line is incomplete when its writer was killed. */
function jsonOrUndefined(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

export const recordsSchema = z.array(recordSchema);
