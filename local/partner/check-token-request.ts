/** Compares a token request with what the endpoint expects and reports the first difference as RFC 6749, section 5.2, asks. */
import type { Pair, TokenEndpoint } from "./settings.ts";

/** Status, `error` code and `error_description`, which names fields but never repeats their values. */
export interface TokenError {
  readonly status: number;
  readonly error: "invalid_request" | "invalid_client" | "unsupported_grant_type" | "invalid_scope";
  readonly description: string;
}

export interface TokenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly Pair[];
  readonly body: string;
}

type Expectation = TokenEndpoint["expect"];

/** The first thing that is wrong with the request; undefined when it is as expected. */
export function checkTokenRequest(request: TokenRequest, expect: Expectation): TokenError | undefined {
  if (expect.method !== undefined && request.method !== expect.method)
    return invalidRequest(`The method is ${request.method}; expected ${expect.method}.`);
  const mediaType = header(request, "content-type")?.split(";")[0]?.trim().toLowerCase();
  if (expect.contentType !== undefined && mediaType !== expect.contentType.toLowerCase())
    return invalidRequest(`The content type is ${mediaType ?? "missing"}; expected ${expect.contentType}.`);
  for (const [key, value] of expect.headers) {
    const error = checkValue("header", key, header(request, key), value);
    if (error !== undefined) return error;
  }
  if (expect.query !== undefined) {
    const error = checkPairs("query parameter", formPairs(request.url.split("?").slice(1).join("?")), expect.query);
    if (error !== undefined) return error;
  }
  if (expect.body === undefined) return undefined;
  const sent = mediaType === "application/json" ? jsonPairs(request.body) : formPairs(request.body);
  return typeof sent === "string" ? invalidRequest(sent) : checkPairs("body field", sent, expect.body);
}

function checkPairs(what: string, sent: readonly Pair[], expected: readonly Pair[]): TokenError | undefined {
  const keys = sent.map(([key]) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) return invalidRequest(`The ${what} ${twice} was sent twice.`);
  const extra = keys.find((key) => !expected.some(([name]) => name === key));
  if (extra !== undefined) return invalidRequest(`The ${what} ${extra} is unexpected.`);
  for (const [key, value] of expected) {
    const error = checkValue(what, key, sent.find(([name]) => name === key)?.[1], value);
    if (error !== undefined) return error;
  }
  return undefined;
}

function checkValue(what: string, key: string, sent: string | undefined, expected: string): TokenError | undefined {
  if (sent === expected) return undefined;
  const description = sent === undefined ? `The ${what} ${key} is missing.` : `The ${what} ${key} has the wrong value.`;
  switch (key.toLowerCase()) {
    case "client_id":
    case "client_secret":
    case "authorization":
      return { status: 401, error: "invalid_client", description };
    case "grant_type":
      return sent === undefined
        ? invalidRequest(description)
        : { status: 400, error: "unsupported_grant_type", description };
    case "scope":
      return { status: 400, error: "invalid_scope", description };
    default:
      return invalidRequest(description);
  }
}

function invalidRequest(description: string): TokenError {
  return { status: 400, error: "invalid_request", description };
}

function header(request: TokenRequest, key: string): string | undefined {
  return request.headers.find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
}

/** WHATWG URL, application/x-www-form-urlencoded parsing: `+` is a space. */
function formPairs(text: string): Pair[] {
  return [...new URLSearchParams(text)];
}

/** The pairs of a JSON object of strings, or what is wrong with it. */
function jsonPairs(text: string): Pair[] | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "The body is not JSON.";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "The body is not a JSON object.";
  const pairs: Pair[] = [];
  for (const [key, item] of Object.entries<unknown>({ ...value })) {
    if (typeof item !== "string") return `The body field ${key} is not a string.`;
    pairs.push([key, item]);
  }
  return pairs;
}
