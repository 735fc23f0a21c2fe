import { promisify } from "node:util";
import { deflate, inflate } from "node:zlib";
import * as z from "zod";
import { Trouble } from "../../lib/errors.ts";
import type { RowProperties } from "../transactions/row-write.ts";

/** Longest event that is kept as text, in UTF-16 units: small ones compress to little less, and people can read them in the table. */
const LONGEST_TEXT = 8_000;

/** Bytes of one property, and properties of one row: 768 KiB, which leaves room for the rest of the row. */
const PART_BYTES = 65_536;
const PARTS_OF_A_ROW = 12;

/** Most bytes of an event that is read back: more than any message has. */
const MAX_BYTES = 4 * 1_048_576;

/** An event's text, as the properties of as many rows as it takes: the event's own row, then further ones. */
export interface KeptText {
  readonly first: RowProperties;
  readonly more: readonly RowProperties[];
}

/**
 * Prepares an event's JSON for its rows: up to 8,000 characters as text, else compressed if that makes it smaller, in parts that fit. An event
 * is at most 1 MiB, so two rows always do.
 */
export async function keepText(text: string): Promise<KeptText> {
  if (text.length <= LONGEST_TEXT) return { first: { event: text }, more: [] };
  const plain = Buffer.from(text, "utf8");
  const packed = await promisify(deflate)(plain);
  const pays = packed.length < plain.length;
  const rows = inRows(pays ? packed : plain);
  const [own = {}, ...more] = rows;
  return { first: { ...own, eventForm: pays ? "deflate" : "utf8", eventRows: rows.length }, more };
}

const firstSchema = z.object({
  event: z.string().optional(),
  eventForm: z.enum(["deflate", "utf8"]).optional(),
  eventRows: z.number().default(1),
});

/**
 * The event's JSON; undefined when its row does not hold one.
 * @param first the event's own row
 * @param readMore reads the n-th further row, from 1
 */
export async function keptText(
  first: Readonly<Record<string, unknown>>,
  readMore: (part: number) => Promise<Readonly<Record<string, unknown>> | undefined>,
): Promise<string | undefined> {
  const { event, eventForm, eventRows } = firstSchema.parse(first);
  if (eventForm === undefined) return event === "" ? undefined : event;
  const more = await Promise.all(Array.from({ length: eventRows - 1 }, (_, index) => readMore(index + 1)));
  const bytes = Buffer.concat([first, ...more].flatMap((row) => bytesIn(row)));
  const plain = eventForm === "utf8" ? bytes : await promisify(inflate)(bytes, { maxOutputLength: MAX_BYTES });
  return plain.toString("utf8");
}

function inRows(bytes: Uint8Array): RowProperties[] {
  const rows: RowProperties[] = [];
  for (let at = 0; at < bytes.length; at += PART_BYTES * PARTS_OF_A_ROW) {
    const row: Record<string, Uint8Array> = {};
    for (let part = 0; part < PARTS_OF_A_ROW; part += 1) {
      const from = at + part * PART_BYTES;
      if (from < bytes.length) row[`event${String(part)}`] = bytes.subarray(from, from + PART_BYTES);
    }
    rows.push(row);
  }
  return rows;
}

function bytesIn(row: Readonly<Record<string, unknown>> | undefined): Uint8Array[] {
  if (row === undefined) throw new Trouble("A further row of an event is missing.");
  const parts: Uint8Array[] = [];
  for (let part = 0; part < PARTS_OF_A_ROW; part += 1) {
    const bytes = row[`event${String(part)}`];
    if (!(bytes instanceof Uint8Array)) break;
    parts.push(bytes);
  }
  return parts;
}
