import { writerFor, type Position } from "./positions/escape.ts";
import { parseExact } from "../events/exact-json.ts";
import type { PositionResult } from "./positions/literal-scan.ts";
import { compileFilters } from "./filters/filters.ts";
import { dottedName } from "./name.ts";
import { parseTemplate, shortened, type PlaceholderToken, type Token } from "./parse.ts";
import { placeholders, positions, type TemplateKind } from "./positions/position.ts";
import { TemplateLimit, TemplateProblem } from "./problem.ts";
import { isMissing, isTokenName, reader, type TemplateValues } from "./value.ts";
import type { CompileWork, RenderWork } from "./work.ts";
import type { PersonalizationAttribute } from "../../contract/webhook.ts";

/** A compiled placeholder: takes its value from the event and writes it into the text. */
export interface Slot {
  readonly token: PlaceholderToken;
  readonly write: (values: TemplateValues, work: RenderWork) => string;
  /** What the filters make of the token, before escaping; absent for any other value. */
  readonly tokenText?: (token: string, work: RenderWork) => string;
}

/** A compiled template: literal text and placeholders, in order. */
export interface Template {
  readonly pieces: readonly (string | Slot)[];
}

/** A value, or why there is none. */
export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: TemplateProblem };

/** How missing values are filled, by dotted name (name.ts). */
export type Fillers = ReadonlyMap<string, PersonalizationAttribute>;

/** The webhook's attributes for {@link compileTemplate}; of two with the same name the first wins. */
export function fillersOf(attributes: readonly PersonalizationAttribute[]): Fillers {
  return new Map(attributes.toReversed().map((attribute) => [dottedName(attribute.name), attribute]));
}

/** Compiles one field. Each placeholder's escape is chosen here, by its position in the literal text. */
export function compileTemplate(
  text: string,
  kind: TemplateKind,
  fillers: Fillers,
  work: CompileWork,
): Result<Template> {
  return resultOf(() => compileTokens(parseTemplate(text, kind === "json"), kind, fillers, work));
}

/** {@link compileTemplate} for a template that is already parsed. @throws TemplateProblem */
export function compileTokens(
  tokens: readonly Token[],
  kind: TemplateKind,
  fillers: Fillers,
  work: CompileWork,
): Template {
  const found = placeholders(tokens);
  work.placeholders(found.length);
  const places = positions(tokens, kind);
  const homeless = work.hasToken ? undefined : found.find(({ steps }) => isTokenName(steps));
  if (homeless !== undefined) throw new TemplateProblem(NO_CREDENTIAL, homeless);
  const slots = found.map((token, index) => compileSlot(token, places[index], fillers));
  return { pieces: piecesOf(tokens, slots) };
}

/**
 * Renders a compiled template for one event's values, at most `maxBytes` of UTF-8. Never throws.
 * @param work the remaining budget of the request that this is part of
 */
export function renderTemplate(
  template: Template,
  values: TemplateValues,
  work: RenderWork,
  maxBytes: number,
): Result<string> {
  const rendered = renderPieces(template, values, work, maxBytes);
  return rendered.ok ? { ok: true, value: rendered.value.join("") } : rendered;
}

/** {@link renderTemplate}, piece by piece. */
export function renderPieces(
  template: Template,
  values: TemplateValues,
  work: RenderWork,
  maxBytes: number,
): Result<readonly string[]> {
  return resultOf(() => {
    let bytes = 0;
    return template.pieces.map((piece) => {
      const written = typeof piece === "string" ? piece : writeSlot(piece, values, work);
      if (typeof piece === "string") work.spend(piece.length);
      bytes += Buffer.byteLength(written);
      if (bytes > maxBytes) throw tooLong(maxBytes);
      return written;
    });
  });
}

/** Renders one placeholder. @throws TemplateProblem with its place */
export function writeSlot(slot: Slot, values: TemplateValues, work: RenderWork): string {
  return inPlace(slot.token, () => slot.write(values, work));
}

/** Runs `work`. A TemplateProblem becomes a value; anything else is a bug of ours and is rethrown. */
export function resultOf<T>(work: () => T): Result<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    if (error instanceof TemplateProblem) return { ok: false, problem: error };
    throw error;
  }
}

/** The rendered text is longer than its field may be. */
export function tooLong(maxBytes: number): TemplateLimit {
  return new TemplateLimit(`the rendered text is longer than ${String(maxBytes)} bytes`);
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

function compileSlot(token: PlaceholderToken, found: PositionResult | undefined, fillers: Fillers): Slot {
  if (typeof found === "object") throw new TemplateProblem(found.problem, token);
  const position: Position = found ?? "text";
  const { apply, raw, hasDefault } = inPlace(token, () => compileFilters(token.filters));
  const put = writerFor(position, raw);
  if (isTokenName(token.steps)) {
    if (position === "url-host") throw new TemplateProblem("the token is not allowed in a host name", token);
    return {
      token,
      write: (values, work) => (values.token === undefined ? TOKEN_TO_COME : put(apply(values.token, work), work)),
      tokenText: (text, work) => work.textOf(apply(text, work)),
    };
  }
  const read = reader(token.steps);
  const fill = hasDefault ? undefined : fillerFor(token.name, fillers, BARE.has(position) && !raw);
  return {
    token,
    write(values, work) {
      const value = read(values);
      return put(apply(fill !== undefined && isBlank(value) ? fill() : value, work), work);
    },
  };
}

/** Positions of a bare value of JSON. */
const BARE: ReadonlySet<Position> = new Set(["json-value", "script-value", "yaml-value", "toml-value"]);
const NO_CREDENTIAL = "the webhook has no credential, so there is no token; choose one, or remove the placeholder";

/** Placeholder for a token that has not been requested yet: everything else is rendered first, since a fault makes the token unnecessary. */
const TOKEN_TO_COME = "token";

/** As with the filter `default`, empty text counts as missing. */
function isBlank(value: unknown): boolean {
  return isMissing(value) || value === "";
}

function inPlace<T>(token: PlaceholderToken, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof TemplateProblem ? error.at(token) : error;
  }
}

/**
 * How the webhook's attributes fill a missing value (rule W10); undefined when they do not. A fallback is text; as a bare value in JSON it is
 * parsed as JSON, keeping its digits, if it can be.
 */
function fillerFor(name: string, fillers: Fillers, bareInJson: boolean): (() => unknown) | undefined {
  const attribute = fillers.get(name);
  if (attribute?.ifMissing === "fallback") {
    const text = attribute.fallback ?? "";
    const value = bareInJson ? jsonValueOr(text) : text;
    return () => value;
  }
  if (attribute?.ifMissing !== "fail") return undefined;
  return () => {
    throw new TemplateProblem(`the event has no value for "${shortened(name)}", which this webhook requires`);
  };
}

function jsonValueOr(text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    return text;
  }
}
