import type { CredentialConfig } from "../core/credential.ts";
import type { Fault, FaultKind } from "../core/delivery.ts";
import type { OutboundReply } from "../core/delivery-ports.ts";
import { maskSecrets } from "../core/mask.ts";

/**
 * Lifetime of a token whose answer tells none, in seconds. RFC 6749 section 5.1 leaves it to the client; five minutes is short of
 * what providers give and a wrong guess costs one 401, which gets a new token within the same attempt.
 */
const DEFAULT_LIFETIME = 300;

/** No token is kept longer than this, in seconds, whatever its answer says. */
const LONGEST_LIFETIME = 86_400;

export type TokenAnswer =
  | { readonly kind: "token"; readonly text: string; readonly lifetimeMs: number }
  | { readonly kind: "fault"; readonly fault: Fault };

/**
 * Reads the answer to a token request: the token and its lifetime by the credential's dotted paths, or why there is none. Faults
 * never hold a secret: what the provider says (RFC 6749 section 5.2) is masked and cut to 300 characters.
 */
export function readTokenAnswer(
  reply: OutboundReply,
  credential: CredentialConfig,
  secrets: readonly string[],
): TokenAnswer {
  if (reply.kind === "failed") {
    const { kind, message } = reply.fault;
    if (kind === "address-refused")
      return fault(kind, `The credential's URL is refused: ${maskSecrets(message, secrets)}`);
    return fault("credential", `The token endpoint could not be asked: ${maskSecrets(message, secrets)}`);
  }
  const status = String(reply.status);
  if (reply.status < 200 || reply.status > 299) {
    return fault("credential", `The token endpoint answered ${status}${saidBy(reply.body, secrets)}.`);
  }
  if (reply.truncated) return fault("response-too-large", "The token endpoint's answer is longer than 64 KB.");
  const answer = parse(reply.body);
  if (answer === undefined) return fault("credential", `The token endpoint answered ${status}, but not with JSON.`);
  const { path, expiresInPath } = credential.token;
  const text = at(answer, path);
  if (typeof text !== "string" || text === "") {
    return fault(
      "credential",
      `The token endpoint answered ${status}, but "${path}" is no text in its answer${saidBy(reply.body, secrets)}.`,
    );
  }
  if (!/^[\x21-\x7e]+$/.test(text)) {
    return fault("credential", "The token holds characters that a header value may not hold.");
  }
  return { kind: "token", text, lifetimeMs: 1000 * secondsOf(at(answer, expiresInPath)) };
}

/** The value at a dotted path, own properties only; undefined when there is none. */
function at(value: unknown, path: string): unknown {
  let found = value;
  for (const name of path.split(".")) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) return undefined;
    found = Object.entries(found).find(([key]) => key === name)?.[1];
  }
  return found;
}

function secondsOf(value: unknown): number {
  const numeric = typeof value === "string" && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
  if (typeof numeric !== "number" || !Number.isFinite(numeric)) return DEFAULT_LIFETIME;
  return Math.min(Math.max(numeric, 0), LONGEST_LIFETIME);
}

function saidBy(body: string, secrets: readonly string[]): string {
  const answer = parse(body);
  const parts = [at(answer, "error"), at(answer, "error_description")].filter(
    (part) => typeof part === "string" && part !== "",
  );
  if (parts.length === 0) return "";
  // Control characters would break the line the message stands on.
  const said = parts.join(": ").replace(/\p{Cc}+/gu, " ");
  return ` (${maskSecrets(said, secrets).slice(0, 300)})`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fault(kind: FaultKind, message: string): TokenAnswer {
  return { kind: "fault", fault: { kind, message } };
}
