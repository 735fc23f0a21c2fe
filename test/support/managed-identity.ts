import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { UnsecuredJWT } from "jose";

/**
 * The managed identity of a Functions app: the endpoint that the platform gives an app.
 * @see https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 */
export interface ManagedIdentity {
  /** What the platform sets in the app's environment. */
  readonly env: {
    readonly IDENTITY_ENDPOINT: string;
    readonly IDENTITY_HEADER: string;
    readonly AZURE_CLIENT_ID: string;
  };
  /** The token for a resource, if one was given out: what that resource accepts. */
  token(resource: string): string | undefined;
  close(): Promise<void>;
}

const CLIENT_ID = "00000000-0000-4000-8000-0000000000c1";

/** Issues one-hour tokens of its one identity to anyone who knows the header. They look like Entra ID's, but are not signed. */
export async function startManagedIdentity(): Promise<ManagedIdentity> {
  const header = randomBytes(16).toString("hex");
  const tokens = new Map<string, string>();

  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    const { pathname, searchParams: asked } = new URL(request.url ?? "/", "http://localhost");
    const resource = asked.get("resource");
    if (request.method !== "GET" || pathname !== "/msi/token" || request.headers["x-identity-header"] !== header)
      answer(401, { statusCode: 401, message: "Unauthorized" });
    else if (asked.get("api-version") !== "2019-08-01" || resource === null || asked.get("client_id") !== CLIENT_ID)
      answer(400, { statusCode: 400, message: "No identity of that id, or a parameter is missing." });
    else {
      const token = tokens.get(resource) ?? tokenFor(resource);
      tokens.set(resource, token);
      const expiresOn = String(Math.floor(Date.now() / 1000) + 3_600);
      answer(200, { access_token: token, expires_on: expiresOn, resource, token_type: "Bearer", client_id: CLIENT_ID });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The identity endpoint listens on no port.");
  return {
    env: {
      IDENTITY_ENDPOINT: `http://127.0.0.1:${String(address.port)}/msi/token`,
      IDENTITY_HEADER: header,
      AZURE_CLIENT_ID: CLIENT_ID,
    },
    token: (resource) => tokens.get(resource),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function tokenFor(resource: string): string {
  const now = new Date();
  return new UnsecuredJWT({ appid: CLIENT_ID })
    .setIssuer("https://sts.windows.net/00000000-0000-4000-8000-00000000007e/")
    .setAudience(resource)
    .setJti(randomBytes(16).toString("hex"))
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime("1h")
    .encode();
}
