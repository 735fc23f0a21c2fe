import { AppError } from "../../shared/lib/errors.ts";

/**
 * The token of an `Authorization: Bearer …` header.
 * @see RFC 6750, section 2.1; the scheme's letter case does not matter (RFC 9110, section 11.1)
 * @throws AppError `unauthenticated`
 */
export function bearerToken(header: string | null): string {
  if (header === null) {
    throw new AppError("unauthenticated", "Send an access token: Authorization: Bearer <token>.");
  }
  const token = /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i.exec(header)?.[1];
  if (token === undefined) {
    throw new AppError("unauthenticated", "The Authorization header is not of the form: Bearer <token>.");
  }
  return token;
}
