import { numberText } from "../events/exact-json.ts";
import { TemplateLimit } from "./problem.ts";
import { isMissing, jsonTextOf } from "./value.ts";

/** Characters of a webhook's templates in total: somewhat more than can be saved. */
export const MAX_TEMPLATE_CHARACTERS = 300_000;
/** Placeholders of a webhook in total: URL, header values and body. */
export const MAX_PLACEHOLDERS = 1_000;
/** Filters on one placeholder. */
export const MAX_FILTERS = 10;
/**
 * Characters that one render may process: the input and output of each filter and each escape, and the literal text. Enough for an event of
 * 256 KB twice in a body; only a webhook that multiplies its input needs more.
 */
export const MAX_RENDER_CHARACTERS = 2_097_152;

/** The budget for compiling one webhook. */
export class CompileWork {
  /** Whether there will be a token. */
  readonly hasToken: boolean;
  #placeholders = 0;

  constructor(hasToken = true) {
    this.hasToken = hasToken;
  }

  /** Placeholders so far. */
  get found(): number {
    return this.#placeholders;
  }

  /** @throws TemplateLimit when the webhook has too many. */
  placeholders(count: number): void {
    this.#placeholders += count;
    if (this.#placeholders <= MAX_PLACEHOLDERS) return;
    throw new TemplateLimit(
      `more than ${String(MAX_PLACEHOLDERS)} placeholders in the URL, the headers and the body together; use fewer`,
    );
  }
}

/** The budget of one render. Filters and escapes are charged where they are called, so that a new one cannot go uncharged. */
export class RenderWork {
  #left = MAX_RENDER_CHARACTERS;
  /** JSON of lists and objects: a value that is used in many places is serialized once. */
  readonly #written = new Map<object, string>();

  /** Characters spent so far. */
  get spent(): number {
    return MAX_RENDER_CHARACTERS - this.#left;
  }

  /** Checks before this many are produced; they are charged once they exist. @throws TemplateLimit when that is more than is left */
  afford(characters: number): void {
    if (characters > this.#left) throw overspent();
  }

  /** @throws TemplateLimit when the budget is exceeded. */
  spend(characters: number): void {
    this.#left -= characters;
    if (this.#left < 0) throw overspent();
  }

  /** Runs one step on a value and charges its input and output. @throws TemplateLimit */
  step<T>(value: unknown, step: (value: unknown) => T): T {
    this.spend(sizeOf(value));
    const next = step(value);
    this.spend(sizeOf(next));
    return next;
  }

  /** A value as text, before escaping: numbers with their original digits, lists and objects as JSON, empty for a missing one. @throws TemplateLimit */
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

/** The least that handling a value costs. Lists and objects are charged as JSON when they are serialized. */
function sizeOf(value: unknown): number {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  return (jsonTextOf(value) ?? numberText(value))?.length ?? 0;
}

function overspent(): TemplateLimit {
  return new TemplateLimit(
    `rendering this webhook would process more than ${String(MAX_RENDER_CHARACTERS)} characters, counting what each filter and each escape reads and writes; use fewer or shorter values`,
  );
}
