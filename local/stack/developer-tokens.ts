import { ROLES } from "../identity/issuer.ts";
import type { Issuer } from "../identity/issuer.ts";
import type { Runtime } from "./runtime.ts";

/** Longer than anyone keeps one stack running. */
const LIFETIME_SECONDS = 30 * 86_400;

/** Tokens for work at the command line, by what they may do. */
export async function developerTokens(issuer: Issuer): Promise<Runtime["tokens"]> {
  const token = (subject: string, roles: readonly string[], clients: readonly string[] | "*"): Promise<string> =>
    issuer.token({ subject, roles, clients, lifetimeSeconds: LIFETIME_SECONDS });
  return {
    admin: await token("admin", ROLES, "*"),
    acmeWriter: await token("acme-writer", ROLES, ["acme"]),
    acmeReader: await token("acme-reader", ["Webhooks.Read"], ["acme"]),
    globexWriter: await token("globex-writer", ROLES, ["globex"]),
  };
}
