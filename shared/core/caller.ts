import type { Role } from "../contract/roles.ts";

/** Who is calling, according to a verified token. Nothing here comes from the request itself. */
export interface Caller {
  /** `sub` of the token; for the log. */
  readonly subject: string;
  readonly roles: ReadonlySet<string>;
  /** Clients whose data the caller may touch; `*` is every client. */
  readonly clients: "*" | ReadonlySet<string>;
}

/** Whether the caller has access to this client at all. */
export function mayTouchClient(caller: Caller, client: string): boolean {
  return caller.clients === "*" || caller.clients.has(client);
}

/**
 * Whether the caller has the role. `Webhooks.Write` includes `Webhooks.Read`: who may replace something may see it. `Webhooks.Operate` includes
 * neither: operators do not need a client's configuration.
 */
export function hasRole(caller: Caller, role: Role): boolean {
  return caller.roles.has(role) || (role === "Webhooks.Read" && caller.roles.has("Webhooks.Write"));
}
