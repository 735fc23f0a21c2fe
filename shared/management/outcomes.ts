import type { FieldError } from "../contract/field-errors.ts";
import { AppError, notFound } from "../lib/errors.ts";
import { cut } from "../contract/plain-text.ts";

/** How many bad fields the detail names, and how many characters of each; `errors` has all of them. */
const MAX_NAMED = 5;
const MAX_NAME = 100;

/** All broken rules at once. */
export function invalid(errors: readonly FieldError[]): AppError {
  const places = errors
    .slice(0, MAX_NAMED)
    .map(({ pointer }) => (pointer === "" ? "the body" : cut(pointer, MAX_NAME)));
  const more = errors.length > MAX_NAMED ? ` and ${String(errors.length - MAX_NAMED)} more` : "";
  return new AppError("invalid", `Not saved. See errors for what is wrong with ${places.join(", ")}${more}.`, {
    errors,
  });
}

/** Rules W2 and C1. */
function nameTaken(): AppError {
  const message = "Another one in this environment has this name.";
  return new AppError("name-taken", message, { errors: [{ pointer: "/name", code: "name-taken", message }] });
}

function versionMismatch(): AppError {
  return new AppError("version-mismatch", "It has changed since you read it. Read it again and repeat your change.");
}

/** Rule W1: the client has no bus here. */
export function busNotEnabled(client: string): AppError {
  return new AppError(
    "service-bus-not-enabled",
    `Webhooks need an Azure Service Bus, which is not enabled for the client ${client}. Ask the Services team to enable it.`,
  );
}

/** @throws AppError for an outcome other than success */
export function refuse(kind: "name-taken" | "version-mismatch" | "not-found"): never {
  switch (kind) {
    case "name-taken":
      throw nameTaken();
    case "version-mismatch":
      throw versionMismatch();
    case "not-found":
      throw notFound();
  }
}

/** @param known the version that the caller read, or `*`. @throws AppError `version-mismatch` */
export function requireVersion(current: string, known: string): void {
  if (known !== "*" && known !== current) throw versionMismatch();
}
