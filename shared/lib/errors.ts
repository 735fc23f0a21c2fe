/** Codes of problems that callers of the HTTP API see; stable, part of the contract. */
export type ErrorCode =
  | "malformed-request"
  | "unauthenticated"
  | "forbidden"
  | "not-found"
  | "method-not-allowed"
  | "not-acceptable"
  | "too-large"
  | "unsupported-media-type"
  | "name-taken"
  | "credential-in-use"
  | "service-bus-not-enabled"
  | "version-mismatch"
  | "if-match-required"
  | "invalid";

/** Codes of one bad field; stable, part of the contract. */
export type FieldCode =
  | "required"
  | "trailing-space"
  | "too-long"
  | "not-https"
  | "duplicate-key"
  | "key-required"
  | "character-not-allowed"
  | "reserved-key"
  | "immutable"
  | "unknown-field"
  | "unknown-value"
  | "not-found"
  | "wrong-type"
  | "name-taken";

/** One bad field: where (RFC 6901 JSON pointer into the request body), what, and what to do about it. */
export interface FieldError {
  readonly pointer: string;
  readonly code: FieldCode;
  readonly message: string;
}

/**
 * What goes wrong on our side, in our own words: the only error besides {@link AppError} whose text is shown in logs and reasons. Never put the
 * text of another error in it, but what `readableReason` says of that.
 */
export class Trouble extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Trouble";
  }
}

/**
 * What a caller may not do or did wrong; the HTTP wrapper turns it into an RFC 9457 problem document.
 * Anything else that is thrown is our own trouble: a 500 over HTTP; on the bus a redelivery or a dead letter (passing-trouble.ts).
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[];
  /** Extension members of the problem document, for example the webhooks that use a credential. */
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
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

/**
 * The one 404: of what does not exist, of what is another client's, of a path that is none. One text for all, so that
 * nobody can tell them apart.
 */
export function notFound(): AppError {
  return new AppError("not-found", "There is nothing here, or it is not yours.");
}
