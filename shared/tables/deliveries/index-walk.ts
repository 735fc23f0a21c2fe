import { dayBefore, dayOf } from "../../core/deliveries/delivery-id.ts";
import type { Scope } from "../../core/scope.ts";
import { inverted, partitionOf, tableOf, uninverted } from "./keys.ts";
import type { MonthTables, Row } from "./month-tables.ts";

/** How many reads run at the same time. */
export const PARALLEL = 16;

/** Ranges of row keys that are read as one list, and how far. */
export interface Walk {
  readonly scope: Scope;
  /** What the keys begin with; what follows is the place in the list. */
  readonly prefixes: readonly string[];
  /** Where to begin, with everything that begins with this. */
  readonly from: string;
  /** Nothing created before this time is read. */
  readonly oldest: Date;
  /** Rows of a range that are read at once. */
  readonly size: number;
  readonly columns: readonly string[];
}

/** A row of an index, and its place in the list: text order is newest first. */
export interface Entry {
  readonly suffix: string;
  readonly row: Row;
}

/**
 * Rows of an index, newest first, in chunks. Days are read one by one while there is something in them; over empty days the number
 * read at once doubles, so that a quiet quarter costs a few round trips.
 */
export async function* walkIndex(tables: MonthTables, walk: Walk): AsyncGenerator<readonly Entry[], undefined> {
  const last = dayOf(walk.oldest);
  // Sorts above everything that is not too old.
  const end = `${inverted(walk.oldest)}~`;
  let width = 2;
  let from = walk.from;
  let day = dayOf(timeOf(from));
  while (day >= last) {
    const ahead = Array.from({ length: Math.min(width, PARALLEL) }, (_, back) => dayBefore(day, back));
    const chunks = await Promise.all(ahead.map((one) => chunkOf(tables, walk, one, from)));
    const hit = chunks.findIndex(({ entries }) => entries.length > 0);
    const [hitDay, chunk] = [ahead[hit], chunks[hit]];
    if (hitDay === undefined || chunk === undefined) {
      day = dayBefore(day, ahead.length);
      width *= 2;
      continue;
    }
    const entries = chunk.entries.filter(({ suffix }) => suffix < end);
    yield entries;
    if (entries.length < chunk.entries.length) return undefined;
    width = 1;
    day = chunk.more ? hitDay : dayBefore(hitDay, 1);
    // What sorts directly above the last entry: `!` is below every character of our keys.
    from = `${chunk.entries.at(-1)?.suffix ?? from}!`;
  }
  return undefined;
}

/** The time that a place in a list begins with. */
export function timeOf(suffix: string): Date {
  return uninverted(suffix.slice(0, 13));
}

interface Chunk {
  readonly entries: readonly Entry[];
  /** Whether the day has more. */
  readonly more: boolean;
}

/** The next rows of a day. Of several ranges no further than the shortest one that was cut off, since what follows it is not known. */
async function chunkOf(tables: MonthTables, walk: Walk, day: string, from: string): Promise<Chunk> {
  const place = { table: tableOf(day), partition: partitionOf(walk.scope, day) };
  const ranges = await Promise.all(
    walk.prefixes.map(async (prefix) => {
      const rows = await tables.first({ ...place, prefix, from, columns: walk.columns }, walk.size);
      return rows.map((row) => ({ suffix: String(row["rowKey"]).slice(prefix.length), row }));
    }),
  );
  const ends = ranges.filter((range) => range.length === walk.size).map((range) => range.at(-1)?.suffix ?? "");
  const end = ends.toSorted()[0];
  const sorted = ranges.flat().toSorted((one, other) => (one.suffix < other.suffix ? -1 : 1));
  return {
    entries: end === undefined ? sorted : sorted.filter(({ suffix }) => suffix <= end),
    more: end !== undefined,
  };
}
