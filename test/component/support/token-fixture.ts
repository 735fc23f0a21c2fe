import type { Credential } from "../../../shared/core/configuration/credential.ts";
import type { OutboundReply } from "../../../shared/core/ports/outbound.ts";
import { Secret } from "../../../shared/core/secret.ts";

export const AT = new Date("2026-11-23T10:00:00.000Z");

/** A credential of Acme Mail. */
export function credential(more: Partial<Credential> = {}): Credential {
  return {
    id: "cr_a",
    name: "a",
    description: "",
    method: "POST",
    url: "https://auth.test/oauth/token?audience=mail%20x",
    contentType: "application/x-www-form-urlencoded",
    headers: [{ key: "Authorization", value: new Secret("Basic dXNlcjpwYXNz"), secret: true }],
    body: [
      { key: "grant_type", value: new Secret("client_credentials"), secret: false },
      { key: "client_secret", value: new Secret("s3c&r=t ü"), secret: true },
    ],
    token: { path: "access_token", expiresInPath: "expires_in", typePath: "token_type" },
    placement: { header: "Authorization", prefix: "Bearer " },
    createdAt: AT,
    updatedAt: AT,
    version: "1",
    ...more,
  };
}

/** An answer of its token endpoint. */
export function answered(body: unknown, status = 200, truncated = false): OutboundReply {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { kind: "answered", status, headers: [], body: text, truncated, timings: {} };
}
