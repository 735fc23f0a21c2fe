import { carriesSecret } from "../contract/header-rules.ts";
import { maskSecrets } from "../core/masking/mask.ts";
import { cut } from "../contract/plain-text.ts";
import type { AnswerValues } from "./answer-values.ts";

/** How much of what a provider says is shown, in characters. */
const LONGEST = 300;

/** Names under which providers say what went wrong, the most telling first. */
const TELLING = [
  /(?:^|\.)error$/i,
  /error[_-]?(?:description|message|code|type)$/i,
  /(?:^|\.)(?:message|detail|details|reason|title|description|faultstring|code)$/i,
];

/**
 * What the provider says in its answer, for a fault's message: ` (invalid_client: …)`, or nothing. Errors first, as RFC 6749 section 5.2 and
 * others name them; if there is none and the request was refused, everything it says except values whose names say that they are secret.
 * Masked, on one line, at most 300 characters.
 * @param refused the answer is not a success, so nothing in it is a token
 */
export function providerWords(answer: AnswerValues, refused: boolean, secrets: readonly string[]): string {
  const shown = answer.entries.filter(([name]) => !carriesSecret(lastOf(name)));
  const telling = TELLING.flatMap((pattern) => shown.filter(([name]) => pattern.test(name))).map(([, text]) => text);
  const texts = telling.length > 0 ? [...new Set(telling)] : refused || answer.kind === "html" ? shown.map(named) : [];
  if (texts.length === 0) return "";
  // Control characters would break the message into lines.
  const said = maskSecrets(texts.join(": "), secrets)
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim();
  return said === "" ? "" : ` (${cut(said, LONGEST)})`;
}

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

function named([name, text]: readonly [string, string]): string {
  return name === "" || name === "title" ? text : `${lastOf(name)} ${text}`;
}
