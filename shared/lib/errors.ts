import type { FieldError } from "../contract/field-errors.ts";
import type { ProblemCode } from "../contract/problem.ts";

/**
 * A failure on our side, in our own words: the only error besides {@link AppError} whose text appears in logs and reasons. Never put the text of
 * another error in it, only what `readableReason` makes of that.
 */
export class Trouble extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Trouble";
  }
}

/**
 * What a caller may not do or did wrong; over HTTP a problem document (RFC 9457). Anything else that is thrown is a failure of ours: a 500 over
 * HTTP; on the bus a redelivery or a dead letter (passing-trouble.ts).
 */
export class AppError extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly FieldError[];
  /** Extension members of the problem document, for example the webhooks that use a credential. */
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(
    code: ProblemCode,
    detail: string,
    more: { errors?: readonly FieldError[]; extensions?: Record<string, unknown> } = {},
  ) {
    super(detail);
    this.name = "AppError";
    this.code = code;
    this.errors = more.errors ?? [];
    this.extensions = more.extensions ?? {};
  }
}

/** The one 404: for what does not exist, for what is another client's, for an unknown path. One text, so that callers cannot tell them apart. */
export function notFound(): AppError {
  return new AppError("not-found", "Not found, or you have no access.");
}
