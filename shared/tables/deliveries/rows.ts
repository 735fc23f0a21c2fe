import * as z from "zod";
import { cutText } from "../../core/masking/cut-text.ts";
import { DELIVERY_STATES } from "../../contract/delivery.ts";
import { MAX_RECORDED_BODY_CHARACTERS } from "../../contract/limits.ts";
import type { Attempt, Fault, HeaderPair, SentRequest, SeenResponse } from "../../core/deliveries/delivery.ts";
import { FAULT_KINDS } from "../../contract/fault.ts";
import type { Debt, DeliveryRow, NewDelivery } from "../../core/ports/deliveries.ts";
import { EVENT_TYPES } from "../../contract/event-types.ts";
import { joinText, splitText } from "../split-text.ts";

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

const time = z.iso.datetime().transform((text) => new Date(text));
/** Tables have no null: an empty text stands for one. */
const maybeTime = z.union([z.literal("").transform(() => null), time]);
const fault = { faultKind: z.union([z.literal(""), z.enum(FAULT_KINDS)]), faultMessage: z.string() };

const deliverySchema = z.object({
  etag: z.string(),
  id: z.string(),
  webhookId: z.string(),
  eventId: z.string(),
  eventSource: z.string(),
  eventType: z.enum(EVENT_TYPES),
  state: z.enum(DELIVERY_STATES),
  createdAt: time,
  nextAttemptAt: maybeTime,
  attemptCount: z.number(),
  claimedUntil: maybeTime,
  owed: z
    .enum(["", "come-back", "pause"])
    .default("")
    .transform((word): Debt | null => (word === "come-back" ? "retry-message" : word || null)),
  run: z.string(),
  ...fault,
});

/** Properties of a new delivery's row. */
export function newDeliveryProperties(delivery: NewDelivery): Record<string, string | number> {
  return {
    id: delivery.id,
    webhookId: delivery.webhookId,
    eventId: delivery.event.id,
    eventSource: delivery.event.source,
    eventType: delivery.event.type,
    state: "pending",
    createdAt: delivery.at.toISOString(),
    nextAttemptAt: "",
    attemptCount: 0,
    claimedUntil: delivery.claimedUntil?.toISOString() ?? "",
    owed: "",
    run: delivery.run,
    faultKind: "",
    faultMessage: "",
  };
}

/** @throws ZodError when the row is none of ours. */
export function readDelivery(entity: unknown): DeliveryRow {
  const { etag, faultKind, faultMessage, ...row } = deliverySchema.parse(entity);
  const reason = faultKind === "" ? null : { kind: faultKind, message: faultMessage };
  return { ...row, version: etag, reason };
}

/** What is owed, as rows say it: `come-back` for a retry message, since versions of the app read the same rows. */
export function owedProperty(owed: Debt | undefined): string {
  return owed === "retry-message" ? "come-back" : (owed ?? "");
}

/** Properties for the reason of a delivery or the fault of an attempt. */
export function faultProperties(reason: Fault | null | undefined): Record<string, string> {
  return { faultKind: reason?.kind ?? "", faultMessage: cutText(reason?.message ?? "", LONGEST_REASON).toWellFormed() };
}

const attemptSchema = z.looseObject({
  number: z.number(),
  startedAt: time,
  durationMs: z.number(),
  outcome: z.enum(["delivered", "failed"]),
  mayBeRepeat: z.boolean(),
  timings: z.string().transform((text) => timingsSchema.parse(JSON.parse(text))),
  method: z.string().optional(),
  status: z.number().optional(),
  truncated: z.boolean().optional(),
  ...fault,
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
export function attemptProperties(attempt: Attempt): Record<string, string | number | boolean> {
  const { request, response } = attempt;
  return {
    number: attempt.number,
    startedAt: attempt.startedAt.toISOString(),
    durationMs: attempt.durationMs,
    outcome: attempt.outcome,
    mayBeRepeat: attempt.mayBeRepeat,
    timings: JSON.stringify(attempt.timings),
    ...faultProperties(attempt.fault),
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

/** @throws ZodError when the row is none of ours. */
export function readAttempt(entity: unknown): Attempt {
  const row = attemptSchema.parse(entity);
  return {
    number: row.number,
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
