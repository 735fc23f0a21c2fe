import { ZodError } from "zod";
import { readableReason } from "./readable-reason.ts";

/** {@link readableReason}, and for a stored row that does not parse: which of its members are wrong, never their values. */
export function lastingReason(error: unknown): string {
  if (!(error instanceof ZodError)) return readableReason(error);
  const issues = error.issues.slice(0, 3).map(({ path, message }) => `${path.join(".")}: ${message}`);
  return `A stored row is not as it should be (${issues.join("; ")}).`;
}
