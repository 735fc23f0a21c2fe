import * as z from "zod";
import { fieldErrorSchema } from "./field-errors.ts";

/** Codes of problems; stable. */
const PROBLEM_CODES = [
  "malformed-request",
  "unauthenticated",
  "forbidden",
  "not-found",
  "method-not-allowed",
  "not-acceptable",
  "name-taken",
  "credential-in-use",
  "service-bus-not-enabled",
  "version-mismatch",
  "too-large",
  "unsupported-media-type",
  "invalid",
  "if-match-required",
  "internal",
] as const;

export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** Status and title of every problem: statuses are stable, titles may be reworded. A new code does not compile until it has both. */
export const PROBLEMS = {
  "malformed-request": [400, "The request cannot be read"],
  unauthenticated: [401, "A valid access token is required"],
  forbidden: [403, "The role is missing"],
  "not-found": [404, "Not found"],
  "method-not-allowed": [405, "Method not allowed"],
  "not-acceptable": [406, "Not acceptable"],
  "name-taken": [409, "The name is taken"],
  "credential-in-use": [409, "The credential is in use"],
  "service-bus-not-enabled": [409, "Webhooks are not enabled for this client"],
  "version-mismatch": [412, "The resource has changed"],
  "too-large": [413, "The request is too large"],
  "unsupported-media-type": [415, "Unsupported media type"],
  invalid: [422, "The request breaks a rule"],
  "if-match-required": [428, "If-Match is required"],
  internal: [500, "Internal error"],
} as const satisfies Readonly<Record<ProblemCode, readonly [status: number, title: string]>>;

/** Prefix of a problem's `type`; its code follows. */
export const PROBLEM_TYPE = "urn:kls-webhooks:problem:";

/** A problem document (RFC 9457). */
export const problemSchema = z.strictObject({
  type: z.string().startsWith(PROBLEM_TYPE),
  title: z.string(),
  status: z.int(),
  code: z.enum(PROBLEM_CODES),
  detail: z.string(),
  requestId: z.string(),
  errors: z.array(fieldErrorSchema),
  errorCount: z.int(),
  /** With `credential-in-use`: the webhooks that use it. */
  webhooks: z.array(z.strictObject({ id: z.string(), name: z.string() })).exactOptional(),
});
