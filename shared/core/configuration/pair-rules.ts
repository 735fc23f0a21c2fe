import * as z from "zod";
import type { FieldError } from "../../lib/errors.ts";
import { fieldError } from "./field-errors.ts";
import { carriesSecret, foldedHeader, HEADER_VALUE_WHITELIST, isHeaderName, isReservedHeader } from "./header-rules.ts";
import { Secret } from "../secret.ts";
import { entriesOf } from "./text-rules.ts";

/** Most pairs of a list, after all-empty ones are dropped. */
const MAX_PAIRS = 50;

/** Longest header key and value, in characters. */
const MAX_HEADER_KEY = 256;
const MAX_HEADER_VALUE = 4_096;

/** One pair as it is asked for; a secret one without `value` keeps what is stored. */
export const pairSchema = z.strictObject({
  key: z.string().optional(),
  value: z.string().optional(),
  secret: z.boolean().optional(),
});

/** A pair after its rules. */
export interface Pair {
  readonly key: string;
  readonly value: Secret;
  readonly secret: boolean;
}

/** How the pairs of one field are read. */
export interface PairRules {
  /** Field name, the first step of every pointer. */
  readonly field: "headers" | "body";
  /** The pairs stored now; none on create. */
  readonly previous: readonly Pair[];
  /** True: the URL sends them to another host or port than the stored one did, so secrets must be given again (rules C5 and W12). */
  readonly hostChanged: boolean;
  /** Headers: what a value may hold, and keys are HTTP field names. Undefined: body pairs, anything goes. */
  readonly headerCharacters: RegExp | undefined;
  /** More keys, folded ({@link foldedHeader}), that may not be used here, with what to do instead. */
  readonly reserved?: ReadonlyMap<string, string>;
}

/** A pair as it came. Of a field that has the wrong type the schema tells; the others are checked all the same. */
interface Asked {
  readonly index: number;
  /** Undefined: of the wrong type. Empty when absent. */
  readonly key: string | undefined;
  readonly value: string | undefined;
  readonly valueFits: boolean;
  readonly secret: boolean | undefined;
}

/**
 * Rule W8 over a list of pairs: keys and values of headers trimmed (of body pairs only the keys: their values are
 * credentials and stay exact), all-empty pairs dropped, then every pair checked. Works on what is there even when other
 * fields or pairs have the wrong type, so that all faults are told at once. Pointers keep the index in the request.
 * @param input the field as it came
 */
export function readPairs(input: unknown, rules: PairRules): { pairs: Pair[]; errors: FieldError[] } {
  const asked = askedPairs(input, rules.headerCharacters !== undefined);
  const errors: FieldError[] = [];
  if (asked.length > MAX_PAIRS) {
    errors.push(fieldError([rules.field], "too-long", `At most ${String(MAX_PAIRS)} pairs.`));
  }
  const seen = new Set<string>();
  const pairs: Pair[] = [];
  for (const pair of asked) {
    const keyError = checkKey(pair, seen, rules);
    if (keyError !== undefined) errors.push(keyError);
    const read = withValue(pair, rules);
    if ("pointer" in read) errors.push(read);
    else pairs.push(read);
  }
  return { pairs, errors };
}

/** The pairs that are objects; the schema tells of the others. */
function askedPairs(input: unknown, trimValues: boolean): Asked[] {
  return entriesOf(input).flatMap((entry, index) => {
    const pair = z.looseObject({}).safeParse(entry).data;
    if (pair === undefined) return [];
    const { key: askedKey = "", value: asked, secret } = pair;
    const key = typeof askedKey === "string" ? askedKey.trim() : undefined;
    const text = typeof asked === "string" ? asked : undefined;
    const value = trimValues ? text?.trim() : text;
    const valueFits = asked === undefined || text !== undefined;
    const empty = key === "" && valueFits && (value ?? "") === "";
    return empty ? [] : [{ index, key, value, valueFits, secret: typeof secret === "boolean" ? secret : undefined }];
  });
}

function checkKey(pair: Asked, seen: Set<string>, rules: PairRules): FieldError | undefined {
  const at = [rules.field, pair.index, "key"];
  const isHeader = rules.headerCharacters !== undefined;
  if (pair.key === undefined) return undefined;
  // Two headers that a gateway folds into one would leave it to the receiver which of them counts.
  const name = isHeader ? foldedHeader(pair.key) : pair.key;
  if (pair.key === "") return fieldError(at, "key-required", "A pair with a value needs a key.");
  if (isHeader && pair.key.length > MAX_HEADER_KEY) {
    return fieldError(at, "too-long", `At most ${String(MAX_HEADER_KEY)} characters.`);
  }
  if (isHeader && !isHeaderName(pair.key)) {
    return fieldError(at, "character-not-allowed", "A header name holds letters, digits and !#$%&'*+-.^_`|~ only.");
  }
  const instead = rules.reserved?.get(name);
  if (instead !== undefined) return fieldError(at, "reserved-key", instead);
  if (isHeader && isReservedHeader(pair.key)) {
    return fieldError(at, "reserved-key", "This header is set by HTTP or by us and cannot be configured.");
  }
  if (seen.has(name)) {
    const wrong = "Another header has the same name, or one that some receivers take for the same.";
    return fieldError(at, "duplicate-key", isHeader ? wrong : "Another pair has the same key.");
  }
  seen.add(name);
  return undefined;
}

/** Header names are case-insensitive (RFC 9110, section 5.1); form and JSON names are not. */
function nameOf(key: string, rules: PairRules): string {
  return rules.headerCharacters === undefined ? key : key.toLowerCase();
}

/** The pair with its value, new or kept; or what is wrong with the value. */
function withValue(pair: Asked, rules: PairRules): Pair | FieldError {
  const at = [rules.field, pair.index, "value"];
  const { key = "", valueFits } = pair;
  if (!valueFits) return fieldError(at, "wrong-type", "This must be a string.");
  const stored = rules.previous.find((one) => nameOf(one.key, rules) === nameOf(key, rules));
  const secret = pair.secret ?? stored?.secret ?? carriesSecret(key);
  if (pair.value === undefined && stored?.secret === true) {
    if (!secret) return fieldError(at, "required", "To make a secret readable, give its value again.");
    if (rules.hostChanged)
      return fieldError(at, "required", "The URL's host or port changed, or cannot be told: give the secret again.");
    return { key, value: stored.value, secret };
  }
  const value = pair.value ?? "";
  const fault = rules.headerCharacters && headerValueFault(value, at, rules.headerCharacters);
  return fault ?? { key, value: new Secret(value), secret };
}

function headerValueFault(value: string, at: readonly PropertyKey[], characters: RegExp): FieldError | undefined {
  if (value.length > MAX_HEADER_VALUE) {
    return fieldError(at, "too-long", `At most ${String(MAX_HEADER_VALUE)} characters.`);
  }
  if (characters.test(value)) return undefined;
  const wrong = HEADER_VALUE_WHITELIST.test(value)
    ? "It holds a character that this installation does not allow in header values."
    : "A header value holds visible ASCII characters and spaces only.";
  return fieldError(at, "character-not-allowed", wrong);
}
