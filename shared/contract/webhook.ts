import * as z from "zod";
import type { Answered } from "./answer.ts";
import { EVENT_GROUP, EVENT_TYPES } from "./event-types.ts";
import { rule } from "./field-errors.ts";
import {
  DEFAULT_TIMEOUT_SECONDS,
  MAX_ATTRIBUTE_CHARACTERS,
  MAX_ATTRIBUTES,
  MAX_BODY_BYTES,
  MAX_TIMEOUT_SECONDS,
  MIN_TIMEOUT_SECONDS,
} from "./limits.ts";
import { pageOf } from "./page.ts";
import { pairAnswer, pairRequest } from "./pairs.ts";
import { successRuleSchema } from "./success-rule.ts";
import { descriptionSchema, listOf, nameSchema, textSchema, urlSchema } from "./text-rules.ts";
import { timeSchema } from "./time.ts";

export const RETRY_POLICIES = ["standard", "fast", "patient"] as const;
export type RetryPolicyName = (typeof RETRY_POLICIES)[number];

/** Personalization attribute (rule W10): what replaces a placeholder whose value is missing. */
export interface PersonalizationAttribute {
  readonly name: string;
  readonly ifMissing: (typeof IF_MISSING)[number];
  /** There when, and only when, `ifMissing` is `fallback`. */
  readonly fallback?: string;
}

const IF_MISSING = ["empty", "fallback", "fail"] as const;

/** That `fallback` needs a fallback is checked apart, so that it is reported along with all other errors. */
export const attributeRequest = z.strictObject({
  name: textSchema.trim().min(1).max(MAX_ATTRIBUTE_CHARACTERS),
  ifMissing: z.enum(IF_MISSING),
  fallback: textSchema.max(MAX_ATTRIBUTE_CHARACTERS).optional(),
});

/** The body of POST and PUT; check-webhook.ts has the rules that span several of its entries. */
export const webhookRequest = z.strictObject({
  name: nameSchema,
  description: descriptionSchema,
  eventGroup: z.literal(EVENT_GROUP).default(EVENT_GROUP),
  eventTypes: listOf(z.array(z.enum(EVENT_TYPES))).default([]),
  method: z.literal("POST").default("POST"),
  url: urlSchema,
  credentialId: z.string().nullable().default(null),
  headers: listOf(z.array(pairRequest)).default([]),
  body: textSchema
    .refine(
      (body) => new TextEncoder().encode(body).length <= MAX_BODY_BYTES,
      rule("too-long", `At most ${String(MAX_BODY_BYTES)} bytes.`),
    )
    .default(""),
  attributes: listOf(z.array(attributeRequest).max(MAX_ATTRIBUTES)).default([]),
  retryPolicy: z.enum(RETRY_POLICIES).default("standard"),
  timeoutSeconds: z.int().min(MIN_TIMEOUT_SECONDS).max(MAX_TIMEOUT_SECONDS).default(DEFAULT_TIMEOUT_SECONDS),
  success: successRuleSchema.prefault({}),
});

export type WebhookRequest = Readonly<z.output<typeof webhookRequest>>;

/** Fields that only answers have. PUT takes and ignores them, so that what was read can be edited and sent back. */
export const WEBHOOK_READ_ONLY = ["id", "enabled", "pausedReason", "createdAt", "updatedAt"] as const;

/** A webhook in an answer. */
export const webhookAnswer = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  eventGroup: z.literal(EVENT_GROUP),
  /** Empty means all. */
  eventTypes: z.array(z.enum(EVENT_TYPES)),
  method: z.literal("POST"),
  url: z.string(),
  credentialId: z.string().nullable(),
  headers: z.array(pairAnswer),
  body: z.string(),
  attributes: z.array(
    z.strictObject({ name: z.string(), ifMissing: z.enum(IF_MISSING), fallback: z.string().exactOptional() }),
  ),
  retryPolicy: z.enum(RETRY_POLICIES),
  timeoutSeconds: z.number(),
  success: z.strictObject({ alsoStatuses: z.array(z.int()) }),
  enabled: z.boolean(),
  /** Only while it is paused. */
  pausedReason: z.string().exactOptional(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
});

export type WebhookAnswer = Answered<z.output<typeof webhookAnswer>>;

export const webhookPage = pageOf(webhookAnswer);
