/**
 * One JSON token that matters for digits: a string (skipped, so that an id such as "4e5f" or a time does not count), a short fraction that
 * `Number` preserves (skipped), or a number whose digits may be lost: a minus before zero, any other fraction, an exponent, 16 or more digits.
 * Scanning the text like this costs a tenth of {@link readExact}, which runs only when something was found.
 */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|\d{1,9}\.\d{0,4}[1-9](?![\d.eE])|(-0(?![\d.eE])|\d+[.eE]|\d{16})/gs;

/** A number that keeps its source text, as `parseExact` returns it where `Number` would change the digits. */
export function isRawNumber(value: unknown): value is RawJson {
  return JSON.isRawJSON(value);
}

/**
 * Parses JSON so that `JSON.stringify` writes every number with the digits that it came with: `0.10`, `1E5`, `-0` and
 * `12345678901234567890` become raw numbers ({@link isRawNumber}), all others stay plain.
 * @throws SyntaxError when `text` is not JSON (RFC 8259).
 */
export function parseExact(text: string): unknown {
  const plain: unknown = JSON.parse(text);
  return mayLoseDigits(text) ? readExact(text) : plain;
}

/** The digits of a number or raw number; undefined for anything else. */
export function numberText(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return isRawNumber(value) ? value.rawJSON : undefined;
}

/** `text` is known to be JSON, so strings are closed and the pattern stays linear. */
function mayLoseDigits(text: string): boolean {
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text)) {
    if (found[1] !== undefined) return true;
  }
  return false;
}

/** A list or an object under way. */
interface Open {
  readonly list: unknown[] | undefined;
  readonly object: Record<string, unknown>;
  /** The key whose value comes next. */
  key: string | undefined;
}

/**
 * Reads a text that is known to be JSON. A reviver for JSON.parse would take five times as long: a publisher could block a process for a quarter of
 * a second with numbers. Without recursion, so depth does not matter.
 */
function readExact(text: string): unknown {
  const root: unknown[] = [];
  const outer: Open[] = [];
  let open: Open = { list: root, object: {}, key: undefined };
  const put = (value: unknown): void => {
    if (open.list !== undefined) open.list.push(value);
    else setOwn(open.object, open.key ?? "", value);
    open.key = undefined;
  };
  const enter = (list: unknown[] | undefined): void => {
    const inner = { list, object: {}, key: undefined };
    put(list ?? inner.object);
    outer.push(open);
    open = inner;
  };
  for (let at = 0; at < text.length;) {
    const begin = at;
    const mark = text.charAt(at);
    at += 1;
    if (mark === "{") enter(undefined);
    else if (mark === "[") enter([]);
    else if (mark === "}" || mark === "]") open = outer.pop() ?? open;
    else if (mark === '"') {
      at = stringEnd(text, begin);
      const string = stringOf(text.slice(begin, at));
      if (open.list === undefined && open.key === undefined) open.key = string;
      else put(string);
    } else if (!BETWEEN.includes(mark)) {
      at = wordEnd(text, at);
      put(valueOf(text.slice(begin, at)));
    }
  }
  return root[0];
}

/** `__proto__` is a key like any other. */
function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

/** After the quote that ends the string which begins at `begin`: the first one that an even number of backslashes precedes. */
function stringEnd(text: string, begin: number): number {
  for (let quote = text.indexOf('"', begin + 1); ; quote = text.indexOf('"', quote + 1)) {
    let escape = quote;
    while (text[escape - 1] === "\\") escape -= 1;
    if ((quote - escape) % 2 === 0) return quote + 1;
  }
}

function stringOf(source: string): string {
  return source.includes("\\") ? String(JSON.parse(source)) : source.slice(1, -1);
}

/** White space and separators. */
const BETWEEN = " ,:\n\t\r";

/** After the number, `true`, `false` or `null` that goes on at `from`. */
function wordEnd(text: string, from: number): number {
  let at = from;
  while (isInWord(text.charCodeAt(at))) at += 1;
  return at;
}

/** `+`, `-`, `.`, `E`. */
const PARTS_OF_NUMBERS = [0x2b, 0x2d, 0x2e, 0x45];

function isInWord(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x7a) || PARTS_OF_NUMBERS.includes(code);
}

function valueOf(word: string): unknown {
  if (word === "true" || word === "false") return word === "true";
  if (word === "null") return null;
  const value = Number(word);
  return String(value) === word ? value : JSON.rawJSON(word);
}
