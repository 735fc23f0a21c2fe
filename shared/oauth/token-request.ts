import type { Credential, CredentialConfig } from "../core/configuration/credential.ts";
import type { OutboundRequest } from "../core/ports/outbound.ts";
import { rfc3986 } from "../core/requests/url-text.ts";
import { plainText } from "../contract/plain-text.ts";

/** How long a token request may take in total, in milliseconds. */
const TOKEN_TIMEOUT = 10_000;

/** How much of a token answer is read, in bytes. */
const MAX_TOKEN_ANSWER_BYTES = 65_536;

/**
 * The token request of a credential, as configured (rule C2), with what a URL may not contain percent-encoded. With GET the pairs of
 * `body` join the query that the URL already has; with POST they are a form (WHATWG URL, `application/x-www-form-urlencoded`) or one flat JSON
 * object of texts. A configured header wins over what we would add.
 */
export function tokenRequest(credential: CredentialConfig, userAgent: string): OutboundRequest {
  const pairs = credential.body.map(({ key, value }): [string, string] => [key, value.reveal()]);
  const isGet = credential.method === "GET";
  const headers = credential.headers.map(({ key, value }): [string, string] => [key, value.reveal()]);
  const add = (key: string, value: string): void => {
    if (!headers.some(([present]) => present.toLowerCase() === key)) headers.push([key, value]);
  };
  add("accept", "application/json");
  if (!isGet) add("content-type", credential.contentType);
  add("user-agent", userAgent);
  return {
    method: credential.method,
    url: sendable(isGet ? withPairs(credential.url, pairs) : credential.url),
    headers,
    body: isGet ? "" : bodyOf(pairs, credential.contentType),
    timeoutMs: TOKEN_TIMEOUT,
    maxBytes: MAX_TOKEN_ANSWER_BYTES,
  };
}

/** Every text of a credential that must not be shown. */
export function credentialSecrets(credential: Pick<Credential, "headers" | "body">): string[] {
  return [...credential.headers, ...credential.body].filter(({ secret }) => secret).map(({ value }) => value.reveal());
}

/** As in RFC 3986. A URL that cannot be parsed is left as it is: `send` refuses it and says so. */
function sendable(text: string): string {
  const url = URL.parse(plainText(text));
  return url?.protocol !== "https:" || url.username !== "" || url.password !== "" ? text : rfc3986(url);
}

function withPairs(url: string, pairs: readonly [string, string][]): string {
  if (pairs.length === 0) return url;
  const [address = "", ...fragment] = url.split("#");
  const joint = !address.includes("?") ? "?" : /[?&]$/.test(address) ? "" : "&";
  const rest = fragment.length > 0 ? `#${fragment.join("#")}` : "";
  return address + joint + formOf(pairs) + rest;
}

function bodyOf(pairs: readonly [string, string][], contentType: CredentialConfig["contentType"]): string {
  if (contentType === "application/x-www-form-urlencoded") return formOf(pairs);
  // Pair by pair: an object would swallow a key such as __proto__.
  return `{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;
}

function formOf(pairs: readonly [string, string][]): string {
  return new URLSearchParams(pairs.map(([key, value]): [string, string] => [key, value])).toString();
}
