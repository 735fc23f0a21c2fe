import { writerFor, type Position, type Writer } from "./escape.ts";
import type { KlsEvent } from "./event.ts";
import { compileFilters } from "./template-filters.ts";
import { parseTemplate, type PlaceholderToken, type Token } from "./template-parse.ts";
import { placeholders, standings, type Standing, type TemplateKind } from "./template-position.ts";
import { TemplateProblem } from "./template-problem.ts";
import { isMissing, reader } from "./template-value.ts";
import type { PersonalizationAttribute } from "./webhook.ts";

/** What one rendered field may come to, in bytes of UTF-8. */
export const MAX_FIELD_BYTES = 1_048_576;

/** A placeholder, ready to be written: its value's way from the event into the text. */
export interface Slot {
  readonly token: PlaceholderToken;
  readonly position: Position;
  readonly write: (event: KlsEvent) => string;
}

/** A template, compiled: literal text and placeholders in turn. */
export interface Template {
  readonly pieces: readonly (string | Slot)[];
}

/** A text, or why there is none, in words that name the place. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/**
 * Compiles one field. The escape of each placeholder is chosen here, by where it stands in the literal text.
 * @param attributes what stands for a missing value, by the placeholder's whole dotted name.
 */
export function compileTemplate(
  text: string,
  kind: TemplateKind,
  attributes: readonly PersonalizationAttribute[],
): Outcome<Template> {
  return outcome(() => {
    const tokens = parseTemplate(text, kind === "json");
    const places = standings(tokens, kind);
    const slots = placeholders(tokens).map((token, index) => compileSlot(token, places[index], attributes));
    return { pieces: piecesOf(tokens, slots) };
  });
}

/** Renders a compiled template for one event. Never throws. */
export function renderTemplate(template: Template, event: KlsEvent): Outcome<string> {
  return outcome(() => {
    let text = "";
    for (const piece of template.pieces) {
      text += typeof piece === "string" ? piece : writeSlot(piece, event);
      if (text.length > MAX_FIELD_BYTES) throw tooLong();
    }
    // A UTF-16 unit is at most three bytes of UTF-8.
    if (text.length * 3 > MAX_FIELD_BYTES && Buffer.byteLength(text) > MAX_FIELD_BYTES) throw tooLong();
    return text;
  });
}

/** What one placeholder comes to. @throws TemplateProblem that names the placeholder. */
export function writeSlot(slot: Slot, event: KlsEvent): string {
  try {
    return slot.write(event);
  } catch (error) {
    throw error instanceof TemplateProblem ? atPlaceholder(slot.token, error.message) : error;
  }
}

/** A problem with one placeholder, naming its place and text. */
export function atPlaceholder({ line, column, source }: PlaceholderToken, problem: string): TemplateProblem {
  return new TemplateProblem(`line ${String(line)} column ${String(column)}, ${source}: ${problem}`);
}

/** Runs `work`; a TemplateProblem becomes a value, anything else is our own bug and goes on. */
export function outcome<T>(work: () => T): Outcome<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    if (error instanceof TemplateProblem) return { ok: false, problem: error.message };
    throw error;
  }
}

function tooLong(): TemplateProblem {
  return new TemplateProblem(`what was rendered is longer than ${String(MAX_FIELD_BYTES)} bytes`);
}

function piecesOf(tokens: readonly Token[], slots: readonly Slot[]): readonly (string | Slot)[] {
  const next = slots.values();
  const pieces: (string | Slot)[] = [];
  for (const token of tokens) {
    const piece = typeof token === "string" ? token : next.next().value;
    if (piece !== undefined) pieces.push(piece);
  }
  return pieces;
}

function compileSlot(
  token: PlaceholderToken,
  standing: Standing | undefined,
  attributes: readonly PersonalizationAttribute[],
): Slot {
  if (typeof standing === "object") throw atPlaceholder(token, standing.problem);
  const position = standing ?? "text";
  const { apply, raw, hasDefault } = inPlace(token, () => compileFilters(token.filters));
  const read = reader(token.name);
  const fill = hasDefault ? undefined : fillerFor(token.name, attributes);
  const put: Writer = writerFor(position, raw);
  return {
    token,
    position,
    write(event) {
      const value = read(event);
      return put(apply(fill !== undefined && isMissing(value) ? fill() : value));
    },
  };
}

function inPlace<T>(token: PlaceholderToken, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof TemplateProblem ? atPlaceholder(token, error.message) : error;
  }
}

/** What stands for a missing value by the webhook's attributes (rule W10); undefined for nothing. A fallback is text. */
function fillerFor(name: string, attributes: readonly PersonalizationAttribute[]): (() => unknown) | undefined {
  const attribute = attributes.find((one) => one.name.trim() === name);
  if (attribute?.ifMissing === "fallback") return () => attribute.fallback ?? "";
  if (attribute?.ifMissing !== "fail") return undefined;
  return () => {
    throw new TemplateProblem(`the event has no value for "${name}", which this webhook must not be sent without`);
  };
}
