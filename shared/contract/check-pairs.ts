import * as z from "zod";
import type { FieldError } from "./field-errors.ts";
import { fieldError } from "./field-errors.ts";
import { foldedHeader, HEADER_VALUE_WHITELIST, isHeaderName, isReservedHeader } from "./header-rules.ts";
import {
  MAX_HEADER_KEY_CHARACTERS,
  MAX_HEADER_VALUE_CHARACTERS,
  MAX_PAIR_VALUE_CHARACTERS,
  MAX_PAIRS,
} from "./limits.ts";
import { entriesOf } from "./text-rules.ts";

/** How the pairs of one field are checked. */
export interface PairRules {
  /** Field name, the first step of every pointer. */
  readonly field: "headers" | "body";
  /** Headers: their values match this as a whole, and their keys are HTTP field names. Undefined: body pairs, which hold anything. */
  readonly headerCharacters: RegExp | undefined;
  /** More keys, folded ({@link foldedHeader}), that may not be used here, with what to do instead. */
  readonly reserved?: ReadonlyMap<string, string>;
}

/** A pair whose key and value have passed, or at least have the right type. */
export interface CheckedPair {
  /** In the request's list; pointers use it. */
  readonly index: number;
  readonly key: string;
  /** Undefined when left out. */
  readonly value: string | undefined;
  readonly secret: boolean | undefined;
}

/** A pair as it came; of the wrong type is what is undefined though it was there. */
interface LoosePair {
  readonly index: number;
  readonly key: string | undefined;
  readonly value: string | undefined;
  readonly valueFits: boolean;
  readonly secret: boolean | undefined;
}

/**
 * Rule W8 over a list of pairs: keys, and the values of headers, are trimmed (the values of body pairs are credentials and stay exact), empty pairs
 * are dropped, then every pair is checked, also next to fields and pairs of the wrong type, so that all errors are reported at once.
 * @param input the field as it came
 */
export function checkPairs(input: unknown, rules: PairRules): { pairs: CheckedPair[]; errors: FieldError[] } {
  const loose = loosePairs(input, rules.headerCharacters !== undefined);
  const errors: FieldError[] = [];
  if (loose.length > MAX_PAIRS) {
    errors.push(fieldError([rules.field], "too-long", `At most ${String(MAX_PAIRS)} pairs.`));
  }
  const seen = new Set<string>();
  const pairs: CheckedPair[] = [];
  for (const pair of loose) {
    const keyError = checkKey(pair, seen, rules);
    const valueError = checkValue(pair, rules);
    if (keyError !== undefined) errors.push(keyError);
    if (valueError !== undefined) errors.push(valueError);
    else pairs.push({ index: pair.index, key: pair.key ?? "", value: pair.value, secret: pair.secret });
  }
  return { pairs, errors };
}

/** The pairs that are objects; the schema reports the others. */
function loosePairs(input: unknown, trimValues: boolean): LoosePair[] {
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

function checkKey({ key, index }: LoosePair, seen: Set<string>, rules: PairRules): FieldError | undefined {
  if (key === undefined) return undefined;
  const at = [rules.field, index, "key"];
  const isHeader = rules.headerCharacters !== undefined;
  // If a gateway folds two headers into one, it is up to the receiver which of them counts.
  const name = isHeader ? foldedHeader(key) : key;
  if (key === "") return fieldError(at, "key-required", "A pair with a value needs a key.");
  const error = isHeader ? checkHeaderKey(key, at, rules.reserved?.get(name)) : undefined;
  if (error !== undefined) return error;
  if (seen.has(name)) {
    const wrong = "Another header has the same name, or one that some receivers read as the same.";
    return fieldError(at, "duplicate-key", isHeader ? wrong : "Another pair has the same key.");
  }
  seen.add(name);
  return undefined;
}

function checkHeaderKey(key: string, at: readonly PropertyKey[], instead: string | undefined): FieldError | undefined {
  if (key.length > MAX_HEADER_KEY_CHARACTERS) {
    return fieldError(at, "too-long", `At most ${String(MAX_HEADER_KEY_CHARACTERS)} characters.`);
  }
  if (!isHeaderName(key)) {
    const message = "A header name may contain only letters, digits and !#$%&'*+-.^_`|~.";
    return fieldError(at, "character-not-allowed", message);
  }
  if (instead !== undefined) return fieldError(at, "reserved-key", instead);
  return isReservedHeader(key)
    ? fieldError(at, "reserved-key", "This header is set by HTTP or by us and cannot be configured.")
    : undefined;
}

function checkValue({ value, valueFits, index }: LoosePair, rules: PairRules): FieldError | undefined {
  const at = [rules.field, index, "value"];
  if (!valueFits) return fieldError(at, "wrong-type", "This must be a string.");
  if (value === undefined) return undefined;
  const most = rules.headerCharacters === undefined ? MAX_PAIR_VALUE_CHARACTERS : MAX_HEADER_VALUE_CHARACTERS;
  if (value.length > most) return fieldError(at, "too-long", `At most ${String(most)} characters.`);
  if (rules.headerCharacters?.test(value) ?? true) return undefined;
  const wrong = HEADER_VALUE_WHITELIST.test(value)
    ? "The value contains a character that this installation does not allow in header values."
    : "A header value may contain only visible ASCII characters and spaces.";
  return fieldError(at, "character-not-allowed", wrong);
}
