import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { busSetting } from "../../shared/core/scope.ts";

/** What the stack knows once everything but the host is running. */
export interface Surroundings {
  readonly buses: Readonly<Record<string, { readonly connectionString: string }>>;
  readonly tables: string;
  readonly partnerUrl: string;
  readonly ca: string;
  readonly issuer: { readonly issuer: string; readonly audience: string; readonly jwksUrl: string };
  readonly stateDir: string;
}

/**
 * The environment of the host process: the settings of this stack over those of the user, whose `OUTBOUND_ALLOW` and `NODE_EXTRA_CA_CERTS` are
 * extended, not replaced.
 */
export function appEnvironment(given: NodeJS.ProcessEnv, around: Surroundings): NodeJS.ProcessEnv {
  const buses = Object.fromEntries(
    Object.entries(around.buses).map(([client, bus]) => [busSetting(client), bus.connectionString]),
  );
  const allowed = [new URL(around.partnerUrl).host, given["OUTBOUND_ALLOW"] ?? ""].filter((part) => part.trim() !== "");
  return {
    ...given,
    ...buses,
    // Tables and a key set by the user replace those of this stack: the app accepts only one of each.
    TABLES_CONNECTION: given["TABLES_ENDPOINT"] ? "" : around.tables,
    AUTH_ISSUER: around.issuer.issuer,
    AUTH_AUDIENCE: around.issuer.audience,
    AUTH_JWKS_URL: around.issuer.jwksUrl,
    SECRETS_KEY_FILE: given["SECRETS_KEY_URL"] ? "" : ensureKeyFile(around.stateDir),
    OUTBOUND_ALLOW: allowed.join(","),
    NODE_EXTRA_CA_CERTS: trustFile(given["NODE_EXTRA_CA_CERTS"], around),
  };
}

/** Path of the key file that seals secrets, created when missing: secrets in the tables outlive a restart. */
function ensureKeyFile(stateDir: string): string {
  const file = join(stateDir, "secrets-key.json");
  if (!existsSync(file)) {
    mkdirSync(stateDir, { recursive: true });
    const content = { current: "k1", keys: { k1: randomBytes(32).toString("base64") } };
    writeFileSync(file, `${JSON.stringify(content)}\n`, { mode: 0o600 });
  }
  return file;
}

/** Node reads a single file, so the development CA is appended to a file of the user. */
function trustFile(own: string | undefined, around: Surroundings): string {
  if (own === undefined || own === "" || !existsSync(own)) return around.ca;
  const joined = join(around.stateDir, "trust.pem");
  writeFileSync(joined, `${readFileSync(own, "utf8").trimEnd()}\n${readFileSync(around.ca, "utf8")}`);
  return joined;
}
