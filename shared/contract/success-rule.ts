import * as z from "zod";
import { rule } from "./field-errors.ts";
import { MAX_ALSO_STATUSES } from "./limits.ts";
import { listOf } from "./text-rules.ts";

const statusSchema = z.int().superRefine((status, context) => {
  const why = whyNotNameable(status);
  if (why !== undefined) context.addIssue({ code: "custom", ...rule("unknown-value", why) });
});

/** What counts as delivered besides 2xx: for example the 409 of a receiver that says "already processed". */
export const successRuleSchema = z.strictObject({
  alsoStatuses: listOf(z.array(statusSchema).max(MAX_ALSO_STATUSES)).default([]),
});

export interface SuccessRule {
  readonly alsoStatuses: readonly number[];
}

/** Why a rule cannot name this status; undefined when it can. */
function whyNotNameable(status: number): string | undefined {
  if (status >= 200 && status < 300) return "2xx always counts as delivered.";
  if (status >= 300 && status < 400) return "Redirects are not followed, so a redirect delivers nothing.";
  return status >= 400 && status < 600 ? undefined : "This must be a status from 400 to 599.";
}
