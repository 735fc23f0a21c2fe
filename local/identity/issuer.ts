import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

const AUDIENCE = "api://kls-webhooks";

/** Every app role of the API. */
export const ROLES = ["Webhooks.Read", "Webhooks.Write", "Deliveries.Replay", "Webhooks.Operate"] as const;

export interface TokenRequest {
  readonly subject: string;
  readonly roles: readonly string[];
  readonly clients: readonly string[] | "*";
  /** In seconds from now, one hour by default; negative for an expired token. */
  readonly lifetimeSeconds?: number;
  /** Wrong values, for tests of rejection. */
  readonly issuer?: string;
  readonly audience?: string;
  /** Additional or different claims; `undefined` omits one. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** `typ` of the header; by default `JWT`, as from Entra ID. */
  readonly type?: string;
  /** Signs with a key that the issuer does not publish. */
  readonly foreignKey?: boolean;
}

export interface Issuer {
  /** `iss` of its tokens. */
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  /** A signed token (RS256, with `kid`). */
  token(request: TokenRequest): Promise<string>;
  close(): Promise<void>;
}

/**
 * Starts a token issuer on the loopback address, with a new RSA key. It publishes its keys and
 * `/.well-known/openid-configuration` (OpenID Connect Discovery 1.0, section 4); only {@link Issuer.token} issues tokens.
 */
export async function startIssuer(options: { readonly port?: number } = {}): Promise<Issuer> {
  const own = await generateKeyPair("RS256");
  const foreign = await generateKeyPair("RS256");
  const kid = randomUUID();
  const keys = { keys: [{ ...(await exportJWK(own.publicKey)), kid, alg: "RS256", use: "sig" }] };

  let base = "";
  const server = createServer((request, response) => {
    if (request.url === "/keys") json(response, keys);
    else if (request.url === "/.well-known/openid-configuration") {
      json(response, {
        issuer: base,
        jwks_uri: `${base}/keys`,
        id_token_signing_alg_values_supported: ["RS256"],
        response_types_supported: ["token"],
        subject_types_supported: ["public"],
      });
    } else response.writeHead(404).end();
  });
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The token issuer has no port.");
  base = `http://127.0.0.1:${String(address.port)}`;

  return {
    issuer: base,
    audience: AUDIENCE,
    jwksUrl: `${base}/keys`,
    token: async (request) => {
      const now = Math.floor(Date.now() / 1000);
      const expires = now + (request.lifetimeSeconds ?? 3600);
      // As Entra ID does in access tokens of version 2.0, unlike ID tokens, `azp` names the client application.
      return await new SignJWT({
        roles: request.roles,
        clients: request.clients,
        azp: "local-client",
        ver: "2.0",
        ...request.claims,
      })
        .setProtectedHeader({ alg: "RS256", typ: request.type ?? "JWT", kid })
        .setIssuer(request.issuer ?? base)
        .setAudience(request.audience ?? AUDIENCE)
        .setSubject(request.subject)
        .setIssuedAt(Math.min(now, expires - 1))
        .setExpirationTime(expires)
        .sign(request.foreignKey === true ? foreign.privateKey : own.privateKey);
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function json(response: ServerResponse, body: unknown): void {
  response
    .writeHead(200, { "content-type": "application/json", "cache-control": "no-store" })
    .end(JSON.stringify(body));
}
