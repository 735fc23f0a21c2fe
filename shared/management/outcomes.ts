import type { FieldError } from "../contract/field-errors.ts";
import { AppError, notFound } from "../lib/errors.ts";
import { cut } from "../contract/plain-text.ts";

/** How many broken fields the problem's own text names, and how much of each; all of them stand in `errors`. */
const MAX_NAMED = 5;
const MAX_NAME = 100;

/** Rules that are broken, all at once. */
export function invalid(errors: readonly FieldError[]): AppError {
  const places = errors
    .slice(0, MAX_NAMED)
    .map(({ pointer }) => (pointer === "" ? "the whole" : cut(pointer, MAX_NAME)));
  const more = errors.length > MAX_NAMED ? ` and ${String(errors.length - MAX_NAMED)} more` : "";
  return new AppError("invalid", `Not saved. See errors for what is wrong with ${places.join(", ")}${more}.`, {
    errors,
  });
}

/** Rules W2 and C1: the name is another one's. */
function nameTaken(): AppError {
  const message = "The name is taken in this environment; choose another.";
  return new AppError("name-taken", message, { errors: [{ pointer: "/name", code: "name-taken", message }] });
}

function versionMismatch(): AppError {
  return new AppError("version-mismatch", "It was changed since you read it. Read it again and repeat your change.");
}

/** Rule W1: the client has no bus here. */
export function busNotEnabled(client: string): AppError {
  return new AppError(
    "service-bus-not-enabled",
    `Webhooks need an Azure Service Bus, and none is turned on for the client ${client}. Ask the Services team to turn it on.`,
  );
}

/** @throws the AppError of an outcome that is no success */
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

/** A stored version and the one that the caller knows. @throws AppError `version-mismatch` */
export function requireVersion(current: string, known: string): void {
  if (known !== "*" && known !== current) throw versionMismatch();
}
