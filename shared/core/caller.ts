/** App roles of a caller's token (Entra ID app roles). */
export type Role = "Webhooks.Read" | "Webhooks.Write" | "Deliveries.Replay" | "Webhooks.Operate";

/** Who calls, as a verified token says. Nothing of it comes from the request itself. */
export interface Caller {
  /** `sub` of the token; for the log. */
  readonly subject: string;
  readonly roles: ReadonlySet<string>;
  /** Clients whose data the caller may touch; `*` is every client. */
  readonly clients: "*" | ReadonlySet<string>;
}

/** Whether the caller may touch this client's data at all. */
export function mayTouchClient(caller: Caller, client: string): boolean {
  return caller.clients === "*" || caller.clients.has(client);
}

/**
 * Whether the caller has the role. `Webhooks.Write` includes `Webhooks.Read`: what one may replace, one may see. `Webhooks.Operate` includes
 * neither: who watches over the app needs no client's configuration.
 */
export function hasRole(caller: Caller, role: Role): boolean {
  return caller.roles.has(role) || (role === "Webhooks.Read" && caller.roles.has("Webhooks.Write"));
}
