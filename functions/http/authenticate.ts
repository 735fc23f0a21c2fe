import type { HttpRequest } from "@azure/functions";
import type { Role } from "../../shared/contract/roles.ts";
import type { Caller } from "../../shared/core/caller.ts";
import { hasRole, mayTouchClient } from "../../shared/core/caller.ts";
import type { Scope } from "../../shared/core/scope.ts";
import { isScopeId } from "../../shared/core/scope.ts";
import { AppError, notFound } from "../../shared/lib/errors.ts";

/** The caller of a bearer token. @throws AppError `unauthenticated`, saying why the token does not verify */
export type VerifyToken = (token: string) => Promise<Caller>;

/** Who is calling. @throws AppError `unauthenticated` */
export function authenticate(request: HttpRequest, verifyToken: VerifyToken): Promise<Caller> {
  return verifyToken(bearerToken(request.headers.get("authorization")));
}

/**
 * The token of an `Authorization: Bearer …` header.
 * @see RFC 6750, section 2.1; the scheme's letter case does not matter (RFC 9110, section 11.1)
 * @throws AppError `unauthenticated`
 */
function bearerToken(header: string | null): string {
  if (header === null) {
    throw new AppError("unauthenticated", "Send an access token: Authorization: Bearer <token>.");
  }
  const token = /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i.exec(header)?.[1];
  if (token === undefined) {
    throw new AppError("unauthenticated", "The Authorization header must have the form: Bearer <token>.");
  }
  return token;
}

/** @throws AppError `forbidden` */
export function requireRole(caller: Caller, role: Role): void {
  if (!hasRole(caller, role)) throw new AppError("forbidden", `The token lacks the role ${role}.`);
}

/** The scope in the path. Another client's answers exactly as one that does not exist. @throws AppError `not-found` */
export function scopeOf(request: HttpRequest, caller: Caller): Scope {
  const { client = "", program = "", environment = "" } = request.params;
  if (!isScopeId(client) || !mayTouchClient(caller, client) || !isScopeId(program) || !isScopeId(environment)) {
    throw notFound();
  }
  return { client, program, environment };
}
