import * as z from "zod";
import { Trouble } from "../lib/errors.ts";
import { narrowedWhitelist } from "../contract/header-rules.ts";
import { ID_RULE, isScopeId } from "../core/scope.ts";

/** How to reach one client's bus: a connection string (development), or a namespace by name with the app's identity. */
export interface ClientBus {
  readonly client: string;
  /** Name of the setting, which the trigger takes as its connection: `SB_ACME`. */
  readonly setting: string;
  readonly connection: { kind: "connection-string"; value: string } | { kind: "identity"; namespace: string };
}

export interface Config {
  readonly clients: readonly ClientBus[];
  /** One line for each client setting that cannot be used; the other clients are still served. */
  readonly clientFaults: readonly string[];
  readonly tables: { kind: "connection-string"; value: string } | { kind: "identity"; endpoint: string };
  readonly auth: { issuer: string; audience: string; jwksUrl: string; clientsClaim: string };
  /** What seals secrets: a file of keys (development), or a key in a Key Vault, used with the app's identity. */
  readonly secrets: { kind: "key-file"; path: string } | { kind: "key-vault"; keyUrl: string };
  /** Exact `host:port` places that may be called although their address is not public. */
  readonly outboundAllow: readonly string[];
  /** Origins whose pages may call the API from a browser, exactly as browsers write them. */
  readonly corsOrigins: ReadonlySet<string>;
  /** A class of characters that narrows what header values may hold, or nothing. */
  readonly headerValueCharacters: RegExp | undefined;
}

const text = z.string().trim().min(1);
const list = z.string().transform((value) =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== ""),
);

/** An origin as a browser writes it in `Origin` (RFC 6454, section 6.2): scheme, host, port unless it is the scheme's; lower case, no slash. */
const originSchema = z.string().superRefine((text, context) => {
  const url = URL.parse(text);
  const web = /^https?:\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d+)?$/.test(url?.origin ?? "");
  if (web && url?.origin === text) return;
  const wrong = `${JSON.stringify(text)} is not an exact origin`;
  const advice =
    text === "*"
      ? "name each origin: pages of every origin cannot be let in"
      : web
        ? `write ${String(url?.origin)}`
        : "write scheme and host, as in https://admin.example";
  context.addIssue({ code: "custom", message: `${wrong}; ${advice}` });
});

/** Pairs of which exactly one must be set: the first for development, the second on Azure, where the app's identity replaces the key. */
export const ONE_OF_TWO = [
  ["TABLES_CONNECTION", "TABLES_ENDPOINT"],
  ["SECRETS_KEY_FILE", "SECRETS_KEY_URL"],
] as const;

/** Every setting of the app, except the buses of the clients (`SB_<CLIENT>`, `SB_<CLIENT>__fullyQualifiedNamespace`). */
export const settingsSchema = z
  .object({
    /** Connection string of the data tables; for development. */
    TABLES_CONNECTION: text.optional(),
    /** `https://<account>.table.core.windows.net`; reached with the app's identity. */
    TABLES_ENDPOINT: z.url({ protocol: /^https$/ }).optional(),
    /** Exact `iss` of the access tokens that callers of the API carry. */
    AUTH_ISSUER: text,
    /** Exact `aud` of these tokens. */
    AUTH_AUDIENCE: text,
    /** Where the issuer publishes its keys (JWKS, RFC 7517). */
    AUTH_JWKS_URL: z.url({ protocol: /^https?$/ }),
    /** Name of the claim with the clients that a caller may touch: an array of client ids, or "*". */
    AUTH_CLIENTS_CLAIM: text.default("clients"),
    /** Path of the key file that seals secrets; for development. */
    SECRETS_KEY_FILE: text.optional(),
    /** `https://<vault>.vault.azure.net/keys/<name>`: the key that wraps the keys that seal secrets; used with the app's identity. */
    SECRETS_KEY_URL: z
      .string()
      .regex(/^https:\/\/[^/?#@\s]+\/keys\/[A-Za-z0-9-]{1,127}$/, {
        message:
          "must be https://<vault>.vault.azure.net/keys/<name>, with nothing after the name: no version, no slash",
      })
      .optional(),
    /** Comma-separated exact `host:port` that may be called although not public; empty by default. */
    OUTBOUND_ALLOW: list
      .pipe(z.array(z.string().regex(/^[^:/\s]+:\d{1,5}$|^\[[0-9a-f:.]+\]:\d{1,5}$/i, "must be host:port")))
      .default([]),
    /** Comma-separated exact origins whose pages may call the API from a browser, such as `https://admin.example`; none by default. */
    CORS_ORIGINS: list.pipe(z.array(originSchema)).default([]),
    /** Narrows what header values may hold: the inside of a character class of a regular expression, for example `A-Za-z0-9 ._-`. */
    HEADER_VALUE_CHARACTERS: z
      .string()
      .transform((characters, context) => {
        const narrowed = narrowedWhitelist(characters);
        if (narrowed !== undefined) return narrowed;
        const message =
          "must be the inside of one character class that leaves a visible ASCII character or the space, with \\ before [ ] and \\, as in A-Za-z0-9 ._-";
        context.addIssue({ code: "custom", message });
        return z.NEVER;
      })
      .optional(),
  })
  .superRefine(
    (settings, context) => {
      for (const pair of ONE_OF_TWO) {
        const given = pair.filter((name) => settings[name] !== undefined).length;
        if (given === 1) continue;
        const wrong = given === 0 ? "one of the two is required" : "only one of the two may be set";
        context.addIssue({ code: "custom", message: `${pair.join(" or ")}: ${wrong}` });
      }
    },
    // Even when single settings are wrong, so that all faults are reported at once.
    { when: () => true },
  );

/**
 * Reads all settings, once.
 * @throws with every fault listed when a setting of the app is missing or wrong. A wrong setting of one client does not count: it is reported in
 * `clientFaults`, and the other clients are served.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const present = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ""),
  );
  const read = settingsSchema.safeParse(present);
  if (!read.success) throw new Trouble(`The settings of the app are wrong:\n${z.prettifyError(read.error)}`);
  const settings = read.data;
  const { clients, faults } = readClients(present);
  return {
    clients,
    clientFaults: faults,
    tables: settings.TABLES_CONNECTION
      ? { kind: "connection-string", value: settings.TABLES_CONNECTION }
      : { kind: "identity", endpoint: settings.TABLES_ENDPOINT ?? "" },
    auth: {
      issuer: settings.AUTH_ISSUER,
      audience: settings.AUTH_AUDIENCE,
      jwksUrl: settings.AUTH_JWKS_URL,
      clientsClaim: settings.AUTH_CLIENTS_CLAIM,
    },
    secrets: settings.SECRETS_KEY_URL
      ? { kind: "key-vault", keyUrl: settings.SECRETS_KEY_URL }
      : { kind: "key-file", path: settings.SECRETS_KEY_FILE ?? "" },
    outboundAllow: settings.OUTBOUND_ALLOW,
    corsOrigins: new Set(settings.CORS_ORIGINS),
    headerValueCharacters: settings.HEADER_VALUE_CHARACTERS,
  };
}

const BUS_SETTING = /^SB_([A-Z0-9_]+?)(__fullyQualifiedNamespace)?$/;

function readClients(env: Readonly<Record<string, string | undefined>>): { clients: ClientBus[]; faults: string[] } {
  const clients = new Map<string, ClientBus>();
  const faults: string[] = [];
  for (const [setting, value = ""] of Object.entries(env).toSorted(([a], [b]) => a.localeCompare(b))) {
    const match = BUS_SETTING.exec(setting);
    const name = match?.[1];
    if (name === undefined) continue;
    const client = name.toLowerCase().replaceAll("_", "-");
    if (!isScopeId(client)) {
      faults.push(`${setting}: "${client}" is not a valid client id (${ID_RULE}).`);
      continue;
    }
    const identity = match?.[2] !== undefined;
    const fault = identity ? namespaceFault(value) : connectionFault(value);
    if (fault) {
      faults.push(`${setting}: ${fault}`);
      continue;
    }
    if (clients.has(client)) continue; // A connection string sorts first and wins, as it does in the Functions host.
    clients.set(client, {
      client,
      setting: `SB_${name}`,
      connection: identity ? { kind: "identity", namespace: value } : { kind: "connection-string", value },
    });
  }
  return { clients: [...clients.values()], faults };
}

function connectionFault(value: string): string | undefined {
  if (!/(^|;)Endpoint=sb:\/\/[^;/]+/i.test(value)) return "is no Service Bus connection string (no Endpoint=sb://…).";
  if (!/;SharedAccessKeyName=/i.test(value) || !/;SharedAccessKey=/i.test(value)) {
    return "is not a usable connection string (SharedAccessKeyName or SharedAccessKey is missing).";
  }
  return undefined;
}

function namespaceFault(value: string): string | undefined {
  return /^[a-z][a-z0-9-]{4,48}[a-z0-9](\.[a-z0-9-]+)+$/i.test(value)
    ? undefined
    : "is not a fully qualified namespace, such as sb-acme.servicebus.windows.net.";
}
