import * as z from "zod";
import { sameDestination } from "./destination.ts";
import type { FieldError } from "../../lib/errors.ts";
import { EVENT_GROUP, EVENT_TYPES } from "../events/event-types.ts";
import type { Parsed } from "./field-errors.ts";
import { fieldError, fieldErrors, onePerField, rule } from "./field-errors.ts";
import { pairSchema, readPairs } from "./pair-rules.ts";
import { MOST_STATUSES, whyNotNameable } from "../deliveries/success-rule.ts";
import { descriptionSchema, entriesOf, listOf, nameSchema, textSchema, urlSchema } from "./text-rules.ts";
import type { PersonalizationAttribute, Webhook, WebhookConfig } from "./webhook.ts";
import { RETRY_POLICIES } from "./webhook.ts";

/** Largest body, in bytes of UTF-8 (rule W9: nothing else of it is checked when it is saved). */
const MAX_BODY_BYTES = 65_536;
const MAX_ATTRIBUTES = 100;
const MAX_ATTRIBUTE_TEXT = 1_000;

/** That `fallback` asks for a fallback is checked apart, so that it is told together with what else is wrong. */
const attributeSchema = z.strictObject({
  name: textSchema.trim().min(1).max(MAX_ATTRIBUTE_TEXT),
  ifMissing: z.enum(["empty", "fallback", "fail"]),
  fallback: textSchema.max(MAX_ATTRIBUTE_TEXT).optional(),
});

const statusSchema = z.int().superRefine((status, context) => {
  const why = whyNotNameable(status);
  if (why !== undefined) context.addIssue({ code: "custom", ...rule("unknown-value", why) });
});

/** The request body of POST; the rules over several pairs stand in {@link parseWebhook}. */
const webhookSchema = z.strictObject({
  name: nameSchema,
  description: descriptionSchema,
  eventGroup: z.literal(EVENT_GROUP).default(EVENT_GROUP),
  eventTypes: listOf(z.array(z.enum(EVENT_TYPES))).default([]),
  method: z.literal("POST").default("POST"),
  url: urlSchema,
  credentialId: z.string().nullable().default(null),
  headers: listOf(z.array(pairSchema)).default([]),
  body: textSchema
    .refine(
      (body) => Buffer.byteLength(body, "utf8") <= MAX_BODY_BYTES,
      rule("too-long", `At most ${String(MAX_BODY_BYTES)} bytes.`),
    )
    .default(""),
  attributes: listOf(z.array(attributeSchema).max(MAX_ATTRIBUTES)).default([]),
  retryPolicy: z.enum(RETRY_POLICIES).default("standard"),
  timeoutSeconds: z.int().min(5).max(60).default(30),
  success: z.strictObject({ alsoStatuses: listOf(z.array(statusSchema).max(MOST_STATUSES)).default([]) }).prefault({}),
});

/** Fields that only answers have. PUT takes and ignores them, so that what was read can be edited and sent back. */
const READ_ONLY = ["id", "enabled", "pausedReason", "createdAt", "updatedAt"] as const;

export interface WebhookContext {
  /** The stored webhook that a PUT replaces; undefined on POST. */
  readonly previous: Webhook | undefined;
  /** What a header value may hold: the whole text must match. */
  readonly headerCharacters: RegExp;
  /** Whether the credential that the input names ({@link namedCredential}) is one of the scope's. */
  readonly credentialFound: boolean;
}

/** The credential that an unchecked body names, for looking it up before {@link parseWebhook}. */
export function namedCredential(input: unknown): string | undefined {
  return z.object({ credentialId: z.string() }).safeParse(input).data?.credentialId;
}

/**
 * Rules W2 to W10 and E1 over the body of POST or PUT. Pure.
 * @returns the configuration, or every bad field, one entry each
 */
export function parseWebhook(input: unknown, context: WebhookContext): Parsed<WebhookConfig> {
  const { previous } = context;
  const shape = webhookSchema.safeParse(previous === undefined ? input : withoutFields(input, READ_ONLY), {
    reportInput: true,
  });
  const loose = z.looseObject({}).safeParse(input).data ?? {};
  const headers = readPairs(loose["headers"], {
    field: "headers",
    previous: previous?.headers ?? [],
    hostChanged: movedFrom(previous, loose),
    headerCharacters: context.headerCharacters,
  });
  const errors = [
    ...(shape.success ? [] : fieldErrors(shape.error).map((error) => ofGroup(error, previous))),
    ...headers.errors,
    ...repeats(
      loose["eventTypes"],
      (entry) => entry,
      (index) => ["eventTypes", index],
    ),
    ...repeats(
      z.looseObject({}).safeParse(loose["success"]).data?.["alsoStatuses"],
      (status) => (typeof status === "number" ? String(status) : undefined),
      (index) => ["success", "alsoStatuses", index],
    ),
    ...missingFallbacks(loose["attributes"]),
    ...repeats(loose["attributes"], nameOf, (index) => ["attributes", index, "name"]),
  ];
  if (namedCredential(input) !== undefined && !context.credentialFound) {
    errors.push(fieldError(["credentialId"], "not-found", "There is no such credential in this environment."));
  }
  if (!shape.success || errors.length > 0) return { ok: false, errors: onePerField(errors) };
  return {
    ok: true,
    value: { ...shape.data, headers: headers.pairs, attributes: shape.data.attributes.map(plainAttribute) },
  };
}

/** Whether kept secrets would go elsewhere than now. A URL that is refused is told of by itself: nothing is sent there. */
function movedFrom(previous: Webhook | undefined, loose: Readonly<Record<string, unknown>>): boolean {
  const url = urlSchema.safeParse(loose["url"]).data;
  if (previous === undefined || url === undefined) return false;
  const attributes = z.array(attributeSchema).safeParse(entriesOf(loose["attributes"])).data?.map(plainAttribute) ?? [];
  return !sameDestination({ url, attributes }, previous);
}

/** `input` without fields that only answers have; anything but an object is left as it is. */
export function withoutFields(input: unknown, names: readonly string[]): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input;
  return Object.fromEntries(Object.entries(input).filter(([name]) => !names.includes(name)));
}

/** Rule W4: after creation it is not the value that is unknown, it is the field that cannot change. */
function ofGroup(error: FieldError, previous: Webhook | undefined): FieldError {
  if (previous === undefined || error.pointer !== "/eventGroup" || error.code !== "unknown-value") return error;
  return fieldError(["eventGroup"], "immutable", "The event group cannot be changed after creation.");
}

function repeats(
  list: unknown,
  textOf: (entry: unknown) => unknown,
  pathOf: (index: number) => PropertyKey[],
): FieldError[] {
  const seen = new Set<unknown>();
  return entriesOf(list).flatMap((entry, index) => {
    const text = textOf(entry);
    if (typeof text !== "string") return [];
    if (seen.has(text)) return [fieldError(pathOf(index), "duplicate-key", "This is in the list already.")];
    seen.add(text);
    return [];
  });
}

function missingFallbacks(attributes: unknown): FieldError[] {
  return entriesOf(attributes).flatMap((entry, index) => {
    const attribute = z.looseObject({}).safeParse(entry).data ?? {};
    if (attribute["ifMissing"] !== "fallback" || attribute["fallback"] !== undefined) return [];
    return [
      fieldError(["attributes", index, "fallback"], "required", "With ifMissing fallback, a fallback is required."),
    ];
  });
}

function nameOf(attribute: unknown): unknown {
  return z.object({ name: z.string() }).safeParse(attribute).data?.name.trim();
}

/** A fallback counts only where `ifMissing` asks for it; elsewhere it is dropped. */
function plainAttribute(attribute: z.infer<typeof attributeSchema>): PersonalizationAttribute {
  const { name, ifMissing, fallback } = attribute;
  return ifMissing === "fallback" && fallback !== undefined ? { name, ifMissing, fallback } : { name, ifMissing };
}
