import { parseCredential } from "../../shared/management/credential-input.ts";
import type { Token } from "../../shared/core/ports/outbound.ts";
import { HEADER_VALUE_WHITELIST } from "../../shared/contract/header-rules.ts";
import { parseWebhook } from "../../shared/management/webhook-input.ts";
import { credentialSecrets } from "../../shared/oauth/token-request.ts";
import { attributesWith, eventOf, type Hostile } from "./hostile.ts";

const PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const SECRET_HEADERS = 50;
const SECRET_PAIRS = 50;
const TOKEN_CHARACTERS = 60_000;

/**
 * As many and as long secrets as are accepted, in headers, credential and token, with a request of three quarters of a MB to find them in. `token` is what a
 * provider would have given for the credential.
 */
export function hostileSecrets(): Hostile & { readonly token: Token } {
  const credential = parseCredential(
    {
      name: "Hostile",
      url: "https://api.example.com/token",
      body: Array.from({ length: SECRET_PAIRS }, (_, index) => ({
        key: `pair${String(index)}`,
        value: noise(20_000, 100 + index, PUNCTUATION),
        secret: true,
      })),
    },
    { previous: undefined, headerCharacters: HEADER_VALUE_WHITELIST },
  );
  const webhook = parseWebhook(
    {
      name: "Hostile",
      url: "https://api.example.com/hook",
      credentialId: "crd_hostile",
      headers: Array.from({ length: SECRET_HEADERS }, (_, index) => ({
        key: `X-${String(index)}`,
        value: noise(4_096, index, PUNCTUATION.replace("{", "")),
        secret: true,
      })),
      body: "{{v}}".repeat(3),
    },
    { previous: undefined, headerCharacters: HEADER_VALUE_WHITELIST, credentialFound: true },
  );
  if (!credential.ok || !webhook.ok) throw new Error(`not accepted: ${JSON.stringify([credential, webhook])}`);
  const value = noise(TOKEN_CHARACTERS, 7, LETTERS);
  const attributes = attributesWith(JSON.stringify(noise(250_000, 8, LETTERS)));
  return {
    name: "secrets of all kinds",
    webhook: webhook.value,
    event: eventOf(attributes),
    attributes,
    token: {
      kind: "token",
      header: "Authorization",
      value: `Bearer ${value}`,
      text: value,
      secrets: [`Bearer ${value}`, value, ...credentialSecrets(credential.value)],
    },
  };
}

/** Text without order, the same each time. */
export function noise(length: number, seed: number, alphabet: string): string {
  let state = seed;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return alphabet.charAt(Math.floor((state / 2 ** 32) * alphabet.length));
  }).join("");
}
