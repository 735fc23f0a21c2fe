import { numberText } from "../events/exact-json.ts";
import { TemplateLimit } from "./problem.ts";
import { isMissing, jsonTextOf } from "./value.ts";

/** Characters of a webhook's templates in all: somewhat more than the rules let be saved. */
export const MAX_TEMPLATE_CHARACTERS = 300_000;
/** Placeholders of a webhook in all: URL, header values and body. */
export const MAX_PLACEHOLDERS = 1_000;
/** Filters on one placeholder. */
export const MAX_FILTERS = 10;
/**
 * Characters that one render may process: those that go into each filter and each escape, those that come out, and the literal text. An event of
 * 256 KB fits into a body twice over; what costs more is a webhook that multiplies.
 */
export const MAX_RENDER_CHARACTERS = 2_097_152;

/** What may still be compiled of one webhook. */
export class CompileWork {
  /** Whether there will be a token to place. */
  readonly hasToken: boolean;
  #placeholders = 0;

  constructor(hasToken = true) {
    this.hasToken = hasToken;
  }

  /** Placeholders so far. */
  get found(): number {
    return this.#placeholders;
  }

  /** @throws TemplateLimit when the webhook has more than one may. */
  placeholders(count: number): void {
    this.#placeholders += count;
    if (this.#placeholders <= MAX_PLACEHOLDERS) return;
    throw new TemplateLimit(
      `more than ${String(MAX_PLACEHOLDERS)} placeholders in the URL, the headers and the body together; use fewer`,
    );
  }
}

/** What may still be spent on one render. Every filter and every escape is charged where it is called, so that a new one cannot forget to be. */
export class RenderWork {
  #left = MAX_RENDER_CHARACTERS;
  /** JSON of lists and objects: a value that stands in many places is written once. */
  readonly #written = new Map<object, string>();

  /** Characters spent so far. */
  get spent(): number {
    return MAX_RENDER_CHARACTERS - this.#left;
  }

  /** Asks before so many are produced, which are charged when they are there. @throws TemplateLimit when that would be more than is left */
  afford(characters: number): void {
    if (characters > this.#left) throw overspent();
  }

  /** @throws TemplateLimit when more was spent than one render may. */
  spend(characters: number): void {
    this.#left -= characters;
    if (this.#left < 0) throw overspent();
  }

  /** One step of a value's way, charged for what goes in and what comes out. @throws TemplateLimit */
  step<T>(value: unknown, step: (value: unknown) => T): T {
    this.spend(sizeOf(value));
    const next = step(value);
    this.spend(sizeOf(next));
    return next;
  }

  /** A value as text, before escaping: numbers with their own digits, lists and objects as JSON, nothing for a missing one. @throws TemplateLimit */
  textOf(value: unknown): string {
    if (typeof value === "string") return value;
    if (isMissing(value)) return "";
    if (typeof value === "boolean") return value ? "true" : "false";
    return numberText(value) ?? this.jsonOf(value);
  }

  /** A value as JSON; `null` for a missing one. @throws TemplateLimit */
  jsonOf(value: unknown): string {
    if (isMissing(value)) return "null";
    const ready = jsonTextOf(value);
    if (ready !== undefined) return ready;
    if (typeof value !== "object") return JSON.stringify(value);
    const json = this.#written.get(value) ?? JSON.stringify(value);
    this.#written.set(value, json);
    this.spend(json.length);
    return json;
  }
}

/** What looking at a value costs at least. Lists and objects are charged as JSON when they are written. */
function sizeOf(value: unknown): number {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  return (jsonTextOf(value) ?? numberText(value))?.length ?? 0;
}

function overspent(): TemplateLimit {
  return new TemplateLimit(
    `rendering this webhook would process more than ${String(MAX_RENDER_CHARACTERS)} characters, counting what each filter and each escape reads and writes; use fewer or shorter values`,
  );
}
