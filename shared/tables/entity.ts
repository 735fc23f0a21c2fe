import type { TableEntity } from "@azure/data-tables";
import { AppError } from "../lib/errors.ts";
import { fieldError } from "../contract/field-errors.ts";
import { entityBytes, MAX_ENTITY_BYTES } from "./entity-size.ts";
import { splitText } from "./split-text.ts";

/** Left for what is merged into a row later, such as why a webhook is paused. */
const ROOM_BYTES = 16_384;

/**
 * An entity of a JSON document, as properties `doc0`, `doc1`, …, and of more properties.
 * @throws AppError `invalid` at the document's largest field when all of it does not fit in one entity
 */
export function documentEntity(
  keys: { readonly partitionKey: string; readonly rowKey: string },
  document: object,
  more: Readonly<Record<string, unknown>>,
): TableEntity {
  const entity = { ...keys, ...splitText("doc", JSON.stringify(document)), ...more };
  const over = entityBytes(entity) + ROOM_BYTES - MAX_ENTITY_BYTES;
  if (over > 0) throw tooLarge(document, Math.ceil(over / 2));
  return entity;
}

/** @param over how many characters of the stored text are too many */
function tooLarge(document: object, over: number): AppError {
  const sizes = Object.entries(document).map(([name, value]) => ({ name, size: JSON.stringify(value).length }));
  const [largest] = sizes.toSorted((one, other) => other.size - one.size);
  const message = `All fields together take ${String(over)} characters more than can be stored; this one takes the most. Values of headers and body pairs are stored encrypted, which makes them a third longer.`;
  const error = fieldError(largest === undefined ? [] : [largest.name], "too-long", message);
  return new AppError("invalid", `Not saved. See errors for what is wrong with ${error.pointer}.`, { errors: [error] });
}
