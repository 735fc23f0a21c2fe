import { RestError } from "@azure/data-tables";
import { AppError } from "../core/errors.ts";
import { splitText } from "./split-text.ts";

/** An entity holds at most 1 MiB, names and overhead included; texts count as UTF-16. The emulator does not check this. */
const MAX_DOCUMENT_UNITS = 500_000;

/**
 * A JSON document as properties `doc0`, `doc1`, …
 * @throws AppError `too-large` when it cannot fit in one entity
 */
export function documentProperties(document: unknown): Record<string, string> {
  const text = JSON.stringify(document);
  if (text.length > MAX_DOCUMENT_UNITS) {
    throw new AppError(
      "too-large",
      `Too large to be stored: all fields together may have about ${String(MAX_DOCUMENT_UNITS)} characters.`,
    );
  }
  return splitText("doc", text);
}

/** Status of a refusal by the table service: 404, 409, 412, …; the code is missing in some, so nothing leans on it. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof RestError ? error.statusCode : undefined;
}
