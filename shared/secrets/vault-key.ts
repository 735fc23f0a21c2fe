import type { CryptographyClient, KeyClient } from "@azure/keyvault-keys";
import * as z from "zod";
import { Trouble } from "../lib/errors.ts";
import { isPassing, PassingTrouble } from "../lib/passing-trouble.ts";
import { textOfService } from "../lib/readable-reason.ts";
import { withinLimit } from "../lib/time-limit.ts";

/** Gives the app's access tokens. */
export type Identity = ConstructorParameters<typeof KeyClient>[1];

/** An RSA key in a Key Vault, which wraps and unwraps keys without ever leaving it. */
export interface VaultKey {
  /** Wraps with the newest version. @returns the wrapped key, and the id with the version that wrapped it */
  wrap(plain: Uint8Array): Promise<{ wrapped: Uint8Array; wrappedBy: string }>;
  /** Unwraps with the version that wrapped. @throws when `wrappedBy` is not a version of this key */
  unwrap(wrapped: Uint8Array, wrappedBy: string): Promise<Uint8Array>;
}

/** OAEP with SHA-256 (RFC 8017 section 7.1), the strongest wrap of an RSA key that Key Vault has. */
const ALGORITHM = "RSA-OAEP-256";

/** How long one call may take, including its token, its challenge and its one retry, in milliseconds. */
const CALL_MS = 5_000;
const RETRY = { maxRetries: 1, retryDelayInMs: 200, maxRetryDelayInMs: 1_000 };

/** What each call needs: the actions of the role "Key Vault Crypto Service Encryption User". */
const ADVICE =
  "The app's identity needs the rights get, wrapKey and unwrapKey on this key, and the key must be enabled.";

/** What errors of the SDK and of Node have in common. */
const faultSchema = z.object({
  statusCode: z.number().optional().catch(undefined),
  code: z.string().catch(""),
});

/** The options of one call; its signal ends the call when it takes too long. */
interface CallOptions {
  readonly abortSignal: AbortSignal;
}

/**
 * The key behind `keyUrl`, without a version: `https://<vault>.vault.azure.net/keys/<name>`. Connects to nothing yet; the SDK is loaded on
 * first use, so that development with a key file never pays for it.
 *
 * Every call ends within {@link CALL_MS}. Its errors say which key, what for and why, but nothing of the request, which contains the plain key.
 */
export function vaultKey(keyUrl: string, identity: Identity): VaultKey {
  const { origin, pathname } = new URL(keyUrl);
  const name = pathname.split("/")[2] ?? "";
  const versions = new Map<string, CryptographyClient>();
  let opening: Promise<KeyClient> | undefined;
  const open = (): Promise<KeyClient> => (opening ??= connect(origin, identity));
  /** The client of one version. Cached: its first use asks the vault about the version. */
  const client = async (keyVersion: string): Promise<CryptographyClient> => {
    const known = versions.get(keyVersion) ?? (await open()).getCryptographyClient(name, { keyVersion });
    versions.set(keyVersion, known);
    return known;
  };
  const versionOf = (id: string): string => {
    const [, collection, found = "", version = "", more] = URL.parse(id)?.pathname.split("/") ?? [];
    const ours =
      URL.parse(id)?.origin === origin && collection === "keys" && found.toLowerCase() === name.toLowerCase();
    if (ours && version !== "" && more === undefined) return version;
    throw new Trouble(
      `It was wrapped by ${id}, which is not a version of this key. Set SECRETS_KEY_URL back to that key.`,
    );
  };

  return {
    wrap: (plain) =>
      call(`wrap a data key with ${keyUrl}`, async (options) => {
        // A client without a version would report the version that it saw first, even after the key was rotated: the SDK ignores the answer's.
        const { id } = await (await open()).getKey(name, options);
        if (id === undefined) throw new Trouble("Key Vault returned a key without an id.");
        const { result } = await (await client(versionOf(id))).wrapKey(ALGORITHM, plain, options);
        return { wrapped: result, wrappedBy: id };
      }),
    unwrap: (wrapped, wrappedBy) =>
      call(`unwrap a data key with ${keyUrl}`, async (options) => {
        // Not at any vault that the row names: someone with access to the tables alone could change rows.
        const { result } = await (await client(versionOf(wrappedBy))).unwrapKey(ALGORITHM, wrapped, options);
        return result;
      }),
  };
}

async function connect(vaultUrl: string, identity: Identity): Promise<KeyClient> {
  const { KeyClient } = await import("./key-client.ts");
  return new KeyClient(vaultUrl, identity, { retryOptions: RETRY });
}

function call<T>(purpose: string, work: (options: CallOptions) => Promise<T>): Promise<T> {
  return withinLimit(CALL_MS, (abortSignal) => work({ abortSignal })).catch((error: unknown) => {
    // Only its text, not as the cause: an error of the SDK has the request, and with it the plain key and the token.
    const message = `The app could not ${purpose}: ${reasonOf(error)}`;
    throw isPassing(error) ? new PassingTrouble(message) : new Trouble(message);
  });
}

/** `403 Forbidden: Caller is not authorized …`, as far as the error says, and what to do about a refusal. */
function reasonOf(error: unknown): string {
  const { statusCode = 0, code } = faultSchema.parse(error);
  const said = [statusCode > 0 ? String(statusCode) : "", code, textOfService(error)]
    .filter((part) => part !== "")
    .join(" ");
  return [401, 403, 404].includes(statusCode) ? `${said} ${ADVICE}` : said;
}
