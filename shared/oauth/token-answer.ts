import type { CredentialConfig } from "../core/configuration/credential.ts";
import type { Fault } from "../core/deliveries/delivery.ts";
import type { FaultKind } from "../contract/fault.ts";
import type { OutboundReply } from "../core/ports/outbound.ts";
import { maskSecrets } from "../core/masking/mask.ts";
import { askedWait } from "../core/deliveries/retry-after.ts";
import { readAnswerValues } from "./answer-values.ts";
import type { AnswerValues } from "./answer-values.ts";
import { providerWords } from "./provider-words.ts";
import { lifetimeMs } from "./token-lifetime.ts";

export type TokenAnswer =
  | { readonly kind: "token"; readonly text: string; readonly lifetimeMs: number }
  /** `askedWaitMs`: how long the endpoint asks to be left alone (Retry-After). */
  | { readonly kind: "fault"; readonly fault: Fault; readonly askedWaitMs?: number | undefined };

/** Token types that need a proof with each request, which a fixed header cannot give (RFC 9449; RFC 8705 binds by certificate and says Bearer). */
const NEEDS_PROOF = /^(?:dpop|pop|mac|hok)$/i;

/** How many names of an answer's content a fault lists. */
const MOST_NAMES = 10;

/**
 * Reads the answer to a token request, in JSON, XML, form or plain text: the token and its lifetime at the credential's paths, or why there is
 * none. Faults never contain a secret: what the provider says is masked and cut.
 * @param now when the token was asked for
 */
export function readTokenAnswer(
  reply: OutboundReply,
  credential: CredentialConfig,
  secrets: readonly string[],
  now: Date,
): TokenAnswer {
  if (reply.kind === "failed") {
    const { kind, message } = reply.fault;
    if (kind === "address-refused")
      return fault(kind, `The credential's URL is refused: ${maskSecrets(message, secrets)}`);
    return fault("credential", `The token endpoint could not be reached: ${maskSecrets(message, secrets)}`);
  }
  const said = `The token endpoint answered ${String(reply.status)}`;
  const values = readAnswerValues(reply.body);
  if (reply.status < 200 || reply.status > 299) {
    const retryAfter = reply.headers.find(({ key }) => key === "retry-after")?.value;
    const refused = fault("credential", `${said}${providerWords(values, true, secrets)}.`);
    return { ...refused, askedWaitMs: askedWait(retryAfter, now) };
  }
  const { path, expiresInPath, typePath } = credential.token;
  const found = values.at(path);
  const text = typeof found === "string" ? withoutScheme(found.trim(), credential.placement.prefix) : "";
  if (text === "") {
    if (reply.truncated)
      return fault("response-too-large", `${said}, but its answer broke off or is longer than 64 KB.`);
    return fault("credential", `${said}, but ${notThere(values, path)}${providerWords(values, false, secrets)}.`);
  }
  if (!/^[\x21-\x7e]+$/.test(text)) {
    return fault("credential", "The token holds characters that a header value may not hold.");
  }
  const type = typePath === "" ? undefined : values.at(typePath);
  if (typeof type === "string" && NEEDS_PROOF.test(type.trim())) {
    return fault(
      "credential",
      `${said} with a token of type ${type.trim()}, which needs a proof with each request. Only bearer tokens can be used.`,
    );
  }
  return {
    kind: "token",
    text,
    lifetimeMs: lifetimeMs(expiresInPath === "" ? undefined : values.at(expiresInPath), now),
  };
}

/** Some providers write `Bearer abc` in place of the token; the credential's prefix adds the word anyway. */
function withoutScheme(text: string, prefix: string): string {
  const scheme = prefix.trim().toLowerCase();
  if (scheme === "") return text;
  return text.toLowerCase().startsWith(`${scheme} `) ? text.slice(scheme.length).trim() : text;
}

/** Why there is no token: what was looked for, and the names of what is there instead. */
function notThere(values: AnswerValues, path: string): string {
  if (values.kind === "html") return "with a web page instead of a token";
  if (path === "") return "it is empty, or is not a text";
  if (values.kind === "text") {
    return values.entries.length === 0 ? "its answer is empty" : `with plain text, in which "${path}" cannot be found`;
  }
  const names = [...new Set(values.entries.map(([name]) => name))];
  const more = names.length > MOST_NAMES ? " …" : "";
  const holds = names.length === 0 ? "" : `, which has ${names.slice(0, MOST_NAMES).join(", ").slice(0, 200)}${more}`;
  return `"${path}" is not a text in its answer${holds}`;
}

function fault(kind: FaultKind, message: string): Extract<TokenAnswer, { kind: "fault" }> {
  return { kind: "fault", fault: { kind, message } };
}
