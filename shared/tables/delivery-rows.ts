import * as z from "zod";
import { DELIVERY_STATES } from "../core/delivery.ts";
import type { Attempt, Fault, FaultKind, HeaderPair, SentRequest, SeenResponse } from "../core/delivery.ts";
import type { DeliveryRow, NewDelivery } from "../core/delivery-ports.ts";
import { EVENT_TYPES } from "../core/event-types.ts";
import { joinText, splitText } from "./split-text.ts";

const FAULT_KINDS = [
  "template",
  "credential",
  "address-refused",
  "dns",
  "connect",
  "tls",
  "timeout",
  "status",
  "response-too-large",
  "rule",
  "webhook",
] as const satisfies readonly FaultKind[];

/** Longest reason that is stored, in characters; longest header value and URL of an attempt's record. */
const LONGEST_REASON = 4_000;
const LONGEST_VALUE = 4_096;
const LONGEST_URL = 16_384;

/** Longest request and response body of an attempt's record, in characters. */
const LONGEST_BODY = 65_536;

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
    run: delivery.run,
    faultKind: "",
    faultMessage: "",
  };
}

/** @throws ZodError when the row is none of ours. */
export function readDelivery(entity: unknown): DeliveryRow {
  const { etag, faultKind, faultMessage, ...row } = deliverySchema.parse(entity);
  return { ...row, version: etag, reason: faultKind === "" ? null : { kind: faultKind, message: faultMessage } };
}

/** Properties for the reason of a delivery or the fault of an attempt. */
export function faultProperties(reason: Fault | null | undefined): Record<string, string> {
  return { faultKind: reason?.kind ?? "", faultMessage: reason?.message.slice(0, LONGEST_REASON).toWellFormed() ?? "" };
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

/** Properties of one attempt's row. Long texts are cut, and split over several properties. */
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
    ...splitText("url", cut(request.url, LONGEST_URL)),
    ...splitText("requestHeaders", headersText(request.headers)),
    ...splitText("requestBody", cut(request.body, LONGEST_BODY)),
  };
}

function responseProperties(response: SeenResponse): Record<string, string | number | boolean> {
  return {
    status: response.status,
    truncated: response.truncated,
    ...splitText("responseHeaders", headersText(response.headers)),
    ...splitText("responseBody", cut(response.body, LONGEST_BODY)),
  };
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

function headersText(headers: readonly HeaderPair[]): string {
  return JSON.stringify(headers.map(({ key, value }) => ({ key, value: cut(value, LONGEST_VALUE) })));
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}… (${String(text.length)} characters in all)`;
}
