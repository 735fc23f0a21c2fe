import * as z from "zod";
import { cutText } from "../../core/masking/cut-text.ts";
import { DELIVERY_STATES, TRIGGERS } from "../../contract/delivery.ts";
import { FAULT_KINDS } from "../../contract/fault.ts";
import { MAX_RECORDED_BODY_CHARACTERS } from "../../contract/limits.ts";
import type { Attempt, Fault, HeaderPair, SentRequest, SeenResponse } from "../../core/deliveries/delivery.ts";
import type { DeliveryRow, Outcome } from "../../core/ports/deliveries.ts";
import { joinText, splitText } from "../split-text.ts";
import type { RowProperties } from "../transactions/row-write.ts";
import { eventType, time } from "./event-rows.ts";

/**
 * Longest texts of a row, in UTF-16 units, as they are stored: lists of headers are JSON, so what that escapes counts as often as it takes. All of
 * them together are less than an entity may have, whatever was sent and came back: no record is ever refused for its size.
 */
const LONGEST_REASON = 4_000;
const LONGEST_URL = 16_384;
/** Room for 50 headers of 4,096 characters. */
const LONGEST_REQUEST_HEADERS = 300_000;
const LONGEST_RESPONSE_HEADERS = 65_536;

/** Most headers of a list, and the longest name and value of one, before they are written as JSON. */
const MOST_HEADERS = 200;
const LONGEST_KEY = 256;
const LONGEST_VALUE = 4_096;

/** Tables have no null: an empty text stands for one, or nothing. */
const maybeTime = z.union([z.literal("").transform(() => null), time]).default(null);
/** A word that this version does not know was written by a newer one. It must not hide the row, still less the list that the row is in. */
const faultKind = z.enum(["", ...FAULT_KINDS, "unknown"]).catch("unknown");

const deliverySchema = z.object({
  etag: z.string(),
  id: z.string(),
  webhookId: z.string(),
  eventId: z.string(),
  eventSource: z.string(),
  eventType,
  eventTime: time,
  state: z.enum([...DELIVERY_STATES, "unknown"]).catch("unknown"),
  createdAt: time,
  nextAttemptAt: maybeTime,
  attemptCount: z.number().default(0),
  lastStatus: z.number().default(0),
  lastDurationMs: z.number().default(-1),
  claimedUntil: maybeTime,
  owed: z.enum(["", "retry-message", "pause"]).catch(""),
  run: z.string(),
  reasonKind: faultKind.default(""),
  reasonMessage: z.string().default(""),
});

/** Properties of a delivery without its attempts. */
export const DELIVERY_COLUMNS = Object.keys(deliverySchema.shape);

/** Properties that say which delivery it is: those that a new row has beside what became of it. */
export function identityProperties(row: DeliveryRow): RowProperties {
  return {
    id: row.id,
    webhookId: row.webhookId,
    eventId: row.eventId,
    eventSource: row.eventSource,
    eventType: row.eventType,
    eventTime: row.eventTime.toISOString(),
    state: row.state,
    createdAt: row.createdAt.toISOString(),
    run: row.run,
  };
}

/** Properties that an outcome changes: all of them, so that what was there before is gone. */
export function outcomeProperties(row: DeliveryRow, outcome: Outcome): RowProperties {
  const { attempt, reason } = outcome;
  return {
    state: outcome.state,
    nextAttemptAt: outcome.nextAttemptAt?.toISOString() ?? "",
    attemptCount: attempt?.number ?? row.attemptCount,
    claimedUntil: "",
    owed: outcome.owed ?? "",
    reasonKind: reason?.kind ?? "",
    reasonMessage: reasonText(reason),
    ...(attempt ? { lastStatus: attempt.response?.status ?? 0, lastDurationMs: attempt.durationMs } : {}),
  };
}

/** @throws ZodError when the row is not one of ours. */
export function readDelivery(entity: unknown): DeliveryRow {
  return deliveryOf(deliverySchema.parse(entity));
}

/** For lists, which one row that cannot be read must not hide: undefined instead of an error. */
export function readIfReadable(entity: unknown): DeliveryRow | undefined {
  const { data } = deliverySchema.safeParse(entity);
  return data && deliveryOf(data);
}

function deliveryOf(stored: z.infer<typeof deliverySchema>): DeliveryRow {
  const { etag, reasonKind, reasonMessage, owed, lastStatus, lastDurationMs, ...row } = stored;
  return {
    ...row,
    version: etag,
    written: true,
    owed: owed === "" ? null : owed,
    reason: reasonKind === "" ? null : { kind: reasonKind, message: reasonMessage },
    lastStatus: lastStatus === 0 ? null : lastStatus,
    lastDurationMs: lastDurationMs < 0 ? null : lastDurationMs,
  };
}

function reasonText(reason: Fault | null | undefined): string {
  return cutText(reason?.message ?? "", LONGEST_REASON).toWellFormed();
}

const attemptSchema = z.looseObject({
  number: z.number(),
  trigger: z.enum([...TRIGGERS, "unknown"]).catch("unknown"),
  startedAt: time,
  durationMs: z.number(),
  outcome: z.enum(["delivered", "failed", "unknown"]).catch("unknown"),
  mayBeRepeat: z.boolean(),
  timings: z.string().transform((text) => timingsSchema.parse(JSON.parse(text))),
  method: z.string().optional(),
  status: z.number().optional(),
  truncated: z.boolean().optional(),
  faultKind: faultKind.default(""),
  faultMessage: z.string().default(""),
});
const timingsSchema = z.object({
  tokenMs: z.number().exactOptional(),
  connectMs: z.number().exactOptional(),
  firstByteMs: z.number().exactOptional(),
});
const headersSchema = z.array(z.object({ key: z.string(), value: z.string() }));

/**
 * Properties of one attempt's row. What is too long is cut, after masking, and says so; an answer of which something was cut is `truncated`.
 * Long texts are split over several properties.
 */
export function attemptProperties(attempt: Attempt): RowProperties {
  const { request, response, fault } = attempt;
  return {
    number: attempt.number,
    trigger: attempt.trigger,
    startedAt: attempt.startedAt.toISOString(),
    durationMs: attempt.durationMs,
    outcome: attempt.outcome,
    mayBeRepeat: attempt.mayBeRepeat,
    timings: JSON.stringify(attempt.timings),
    ...(fault === undefined ? {} : { faultKind: fault.kind, faultMessage: reasonText(fault) }),
    ...(request === undefined ? {} : requestProperties(request)),
    ...(response === undefined ? {} : responseProperties(response)),
  };
}

function requestProperties(request: SentRequest): Record<string, string> {
  return {
    method: request.method,
    ...splitText("url", cutText(request.url, LONGEST_URL)),
    ...splitText("requestHeaders", JSON.stringify(shownHeaders(request.headers, LONGEST_REQUEST_HEADERS))),
    ...splitText("requestBody", cutText(request.body, MAX_RECORDED_BODY_CHARACTERS)),
  };
}

function responseProperties(response: SeenResponse): Record<string, string | number | boolean> {
  const headers = shownHeaders(response.headers, LONGEST_RESPONSE_HEADERS);
  const body = cutText(response.body, MAX_RECORDED_BODY_CHARACTERS);
  const whole = body === response.body && headers.every((pair, at) => isSame(pair, response.headers[at]));
  return {
    status: response.status,
    truncated: response.truncated || !whole,
    ...splitText("responseHeaders", JSON.stringify(headers)),
    ...splitText("responseBody", body),
  };
}

/** As many headers as fit into `longest` units of JSON, each cut; then one more that says how many are left out. */
function shownHeaders(headers: readonly HeaderPair[], longest: number): HeaderPair[] {
  const shown: HeaderPair[] = [];
  let room = longest - JSON.stringify([leftOut(headers.length)]).length;
  for (const { key, value } of headers) {
    const pair = { key: cutText(key, LONGEST_KEY), value: cutText(value, LONGEST_VALUE) };
    room -= JSON.stringify(pair).length + ",".length;
    if (room < 0 || shown.length === MOST_HEADERS) return [...shown, leftOut(headers.length - shown.length)];
    shown.push(pair);
  }
  return shown;
}

const leftOut = (count: number): HeaderPair => ({ key: "…", value: `${String(count)} more headers are not shown` });

function isSame(pair: HeaderPair, other: HeaderPair | undefined): boolean {
  return pair.key === other?.key && pair.value === other.value;
}

/** @throws ZodError when the row is not one of ours. */
export function readAttempt(entity: unknown): Attempt {
  const row = attemptSchema.parse(entity);
  return {
    number: row.number,
    trigger: row.trigger,
    startedAt: row.startedAt,
    durationMs: row.durationMs,
    outcome: row.outcome,
    mayBeRepeat: row.mayBeRepeat,
    ...(row.faultKind === "" ? {} : { fault: { kind: row.faultKind, message: row.faultMessage } }),
    ...(row.method === undefined ? {} : { request: readRequest(row, row.method) }),
    ...(row.status === undefined ? {} : { response: readResponse(row, row.status, row.truncated ?? false) }),
    timings: row.timings,
  };
}

function readRequest(row: Readonly<Record<string, unknown>>, method: string): SentRequest {
  const headers = headersSchema.parse(JSON.parse(joinText("requestHeaders", row)));
  return { method, url: joinText("url", row), headers, body: joinText("requestBody", row) };
}

function readResponse(row: Readonly<Record<string, unknown>>, status: number, truncated: boolean): SeenResponse {
  const headers = headersSchema.parse(JSON.parse(joinText("responseHeaders", row)));
  return { status, headers, body: joinText("responseBody", row), truncated };
}
