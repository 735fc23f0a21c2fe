import { dayBefore, dayOf, eventIdHash } from "../../core/deliveries/delivery-id.ts";
import type { DeliveryQuery, DeliveryRow } from "../../core/ports/deliveries.ts";
import type { Scope } from "../../core/scope.ts";
import { ENTRY_COLUMNS, EVENT_COLUMNS, readEventEntry, readEventRow } from "./event-rows.ts";
import { PARALLEL, timeOf, walkIndex } from "./index-walk.ts";
import type { Entry, Walk } from "./index-walk.ts";
import {
  deliverySuffix,
  eventPrefix,
  failedPrefix,
  inverted,
  memberPrefix,
  openPrefix,
  partitionOf,
  tableOf,
  timePrefix,
  webhookPrefix,
} from "./keys.ts";
import type { MonthTables } from "./month-tables.ts";
import { keyOfEvent, locatedIn, openedFor, rowAt, storedRow } from "./read.ts";
import { DELIVERY_COLUMNS, readIfReadable } from "./rows.ts";

/** A delivery that a list may show. */
export interface Candidate {
  /** Its place in the list ({@link deliverySuffix}). */
  readonly place: string;
  /**
   * The delivery, or what reads it: undefined when there turns out to be none. Absent when the index already says that the filter leaves it out.
   */
  readonly row?: DeliveryRow | (() => Promise<DeliveryRow | undefined>);
}

/** What of which scope, from where to where. */
export interface CandidateRange {
  readonly scope: Scope;
  readonly query: DeliveryQuery;
  /** Hashes of the member that the query names, if it names one. */
  readonly members: readonly string[] | undefined;
  /** Where to begin, in the order of places. */
  readonly from: string;
  /** Nothing created before this time. */
  readonly oldest: Date;
  readonly now: Date;
  /** Deliveries that the page may show. */
  readonly limit: number;
}

type Candidates = AsyncGenerator<readonly Candidate[], undefined>;

/**
 * How long ago a delivery may have been opened of which nothing has come yet, in milliseconds: the longest timeout and what its claim holds
 * beyond it, then the lock of a message whose run died. Once that comes again the delivery has a row of its own.
 */
const OPEN_MS = 5 * 60_000;

/** Entries that are read at once where most are expected to be passed over. */
const MANY = 500;

/** The deliveries that a query may mean, newest first, by the index that leads to the fewest. */
export async function* candidates(tables: MonthTables, range: CandidateRange): Candidates {
  const { scope, query, members } = range;
  if (members !== undefined) {
    const prefixes = members.map((member) => memberPrefix(scope, member));
    return yield* ofEvents(tables, range, prefixes);
  }
  if (query.eventId !== undefined) return yield* ofEventId(tables, range, query.eventId);
  const troubled = troubledPrefixes(scope, query);
  if (troubled === undefined && query.webhookId === undefined)
    return yield* ofEvents(tables, range, [timePrefix(scope)]);
  let { from } = range;
  if (mayBePending(query)) {
    // What was opened a moment ago is in no index of deliveries yet.
    const recent = later(new Date(range.now.getTime() - OPEN_MS), range.oldest);
    yield* ofEvents(tables, { ...range, oldest: recent }, [timePrefix(scope)]);
    const before = inverted(new Date(recent.getTime() - 1));
    from = from > before ? from : before;
  }
  const older = { ...range, from };
  return yield* troubled === undefined
    ? ofWebhook(tables, older, query.webhookId ?? "")
    : ofTroubled(tables, older, troubled);
}

/** The indexes of what is open or failed, if the query asks for nothing else; only what is there has a reason. */
function troubledPrefixes(scope: Scope, { states, faults }: DeliveryQuery): string[] | undefined {
  if (faults === undefined && (states === undefined || states.includes("delivered"))) return undefined;
  const isAsked = (...some: string[]): boolean => states === undefined || states.some((state) => some.includes(state));
  return [
    ...(isAsked("pending", "retrying", "waiting") ? [openPrefix(scope)] : []),
    ...(isAsked("failed", "canceled") ? [failedPrefix(scope)] : []),
  ];
}

function mayBePending({ states, faults }: DeliveryQuery): boolean {
  return faults === undefined && (states === undefined || states.includes("pending"));
}

/** By an index of events. */
async function* ofEvents(tables: MonthTables, range: CandidateRange, prefixes: readonly string[]): Candidates {
  const { scope, query } = range;
  const passesMost = query.webhookId !== undefined || query.eventTypes !== undefined;
  for await (const entries of walkIndex(tables, walkOf(range, prefixes, ENTRY_COLUMNS, passesMost)))
    yield byEvent(entries).flatMap(({ suffix, day, type, webhooks }) => {
      const [createdAt, event] = [timeOf(suffix), suffix.slice(14)];
      return webhooks.map((webhook): Candidate => {
        const key = { createdAt, event, webhook };
        const place = deliverySuffix(key);
        if (query.webhookId !== undefined && query.webhookId !== `wh_${webhook}`) return { place };
        if (query.eventTypes?.some((asked) => asked === type) === false) return { place };
        const read = async (): Promise<DeliveryRow | undefined> => {
          const stored = await storedRow(tables, scope, key);
          if (stored) return stored.row;
          const opened = await openedFor(tables, scope, day, event, webhook);
          // An index row whose event was not opened then: another run was faster.
          return opened?.createdAt.getTime() === createdAt.getTime()
            ? rowAt(tables, scope, { key, opened })
            : undefined;
        };
        return { place, row: read };
      });
    });
  return undefined;
}

interface EventAt {
  /** Its place in the index, without a webhook. */
  readonly suffix: string;
  readonly day: string;
  readonly type: string;
  readonly webhooks: readonly string[];
}

/** Entries of the same event at the same time as one: it can be found by two names, and webhooks can come later. */
function byEvent(entries: readonly Entry[]): EventAt[] {
  const events = new Map<string, EventAt>();
  for (const { suffix, row } of entries) {
    const { day, type, webhooks } = readEventEntry(row);
    const at = suffix.slice(0, 40);
    const all = new Set([...(events.get(at)?.webhooks ?? []), ...webhooks]);
    events.set(at, { suffix: at, day, type, webhooks: [...all].toSorted() });
  }
  return [...events.values()];
}

/** By the rows of a webhook's deliveries. */
async function* ofWebhook(tables: MonthTables, range: CandidateRange, webhookId: string): Candidates {
  const { states, eventTypes } = range.query;
  const webhook = webhookId.replace(/^wh_/, "");
  const prefixes = [webhookPrefix(range.scope, webhook)];
  const passesMost = states !== undefined || eventTypes !== undefined;
  for await (const entries of walkIndex(tables, walkOf(range, prefixes, DELIVERY_COLUMNS, passesMost)))
    yield entries.map(({ suffix, row }) => {
      const found = readIfReadable(row);
      return { place: `${suffix}_${webhook}`, ...(found ? { row: found } : {}) };
    });
  return undefined;
}

/** By the indexes of what is open and failed. */
async function* ofTroubled(tables: MonthTables, range: CandidateRange, prefixes: readonly string[]): Candidates {
  const { scope, query } = range;
  const { states } = query;
  const passesMost = query.webhookId !== undefined || states !== undefined;
  for await (const entries of walkIndex(tables, walkOf(range, prefixes, ["state"], passesMost)))
    yield entries.map(({ suffix, row: entry }): Candidate => {
      if (states?.some((state) => state === entry["state"]) === false) return { place: suffix };
      const [event, webhook] = [suffix.slice(14, 40), suffix.slice(41)];
      if (query.webhookId !== undefined && query.webhookId !== `wh_${webhook}`) return { place: suffix };
      const key = { createdAt: timeOf(suffix), event, webhook };
      return { place: suffix, row: async () => (await storedRow(tables, scope, key))?.row };
    });
  return undefined;
}

/** By the event's own row in the days that are listed, all of them at once: an id has few events. */
async function* ofEventId(tables: MonthTables, { scope, oldest, now }: CandidateRange, eventId: string): Candidates {
  const days: string[] = [];
  // Clocks of publishers may be a day ahead.
  for (let day = dayBefore(dayOf(now), -1); day >= dayOf(oldest); day = dayBefore(day, 1)) days.push(day);
  const prefix = eventPrefix(scope, eventIdHash(eventId));
  const found: Candidate[] = [];
  for (let at = 0; at < days.length; at += PARALLEL) {
    const read = days.slice(at, at + PARALLEL).map((day) => {
      return tables.all({ table: tableOf(day), partition: partitionOf(scope, day), prefix, columns: EVENT_COLUMNS });
    });
    for (const row of (await Promise.all(read)).flat()) {
      const opened = readEventRow(row);
      if (opened.eventId !== eventId) continue;
      for (const one of locatedIn(opened, keyOfEvent(opened)))
        found.push({ place: deliverySuffix(one.key), row: () => rowAt(tables, scope, one) });
    }
  }
  yield found.toSorted((one, other) => (one.place < other.place ? -1 : 1));
  return undefined;
}

function walkOf(
  { scope, from, oldest, limit }: CandidateRange,
  prefixes: readonly string[],
  columns: readonly string[],
  passesMost: boolean,
): Walk {
  return { scope, prefixes, from, oldest, size: passesMost ? MANY : limit + 1, columns };
}

function later(one: Date, other: Date): Date {
  return one > other ? one : other;
}
