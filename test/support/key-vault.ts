import { constants, generateKeyPair, privateDecrypt, publicEncrypt, randomBytes } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { ensureCa, issueCertificate } from "../../local/ca/ca.ts";

export type Operation = "get" | "wrapkey" | "unwrapkey";

/** What the vault does with calls that carry a good token. */
export type Mood = "works" | "hangs" | "forbids" | "breaks" | "forgot-wrapkey" | "forgot-unwrapkey";

/**
 * A Key Vault on this machine, with one RSA key, that speaks the published REST protocol over HTTPS. Its host is below `localhost`, so
 * that the resource of its challenge, `https://localhost`, passes the SDK's check as `vault.azure.net` does for a real vault.
 * @see https://learn.microsoft.com/rest/api/keyvault/keys/wrap-key/wrap-key
 */
export interface KeyVault {
  /** `https://kv-test.localhost:<port>/keys/wrapping` */
  readonly keyUrl: string;
  /** File of the CA that signed its certificate. */
  readonly ca: string;
  /** Calls with a valid token, by what they requested. */
  readonly calls: Record<Operation, number>;
  /** Calls without a good token, each answered by the challenge. */
  challenges: number;
  mood: Mood;
  /** The resource that the challenge names. */
  resource: string;
  /** Keys that callers sent to be wrapped, in base64url: plain keys, which must never appear anywhere else. */
  readonly plainKeys: string[];
  /** Adds a version, which is the current one from then on. @returns its id */
  rotate(): Promise<string>;
  /** Ends all connections and takes no more until {@link KeyVault.recover}. */
  goAway(): Promise<void>;
  recover(): Promise<void>;
  close(): Promise<void>;
}

/** The resource that callers need a token for; the challenge names it. */
export const VAULT_RESOURCE = "https://localhost";
const HOST = "kv-test.localhost";
const TENANT = "00000000-0000-4000-8000-00000000007e";
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
const cryptoRequest = z.object({ alg: z.literal("RSA-OAEP-256"), value: z.base64url() });

interface Version {
  readonly name: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Starts the vault with one version of its key. @param accepts whether a bearer token is valid for {@link VAULT_RESOURCE} */
export async function startKeyVault(accepts: (token: string) => boolean): Promise<KeyVault> {
  const dir = mkdtempSync(join(tmpdir(), "key-vault-"));
  const { ca } = await ensureCa(dir);
  const versions: Version[] = [];
  const server = createServer(await issueCertificate(dir, [HOST]), (request, response) => {
    void serve(request, response);
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) =>
      server.listen(port, "localhost", () => {
        resolve();
      }),
    );
  const goAway = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
  await listen(0);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The vault listens on no port.");
  const { port } = address;
  const keyUrl = `https://${HOST}:${String(port)}/keys/wrapping`;

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
      response.end(JSON.stringify(body));
    };
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(z.instanceof(Buffer).parse(chunk));
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (token === undefined || !accepts(token)) {
      vault.challenges += 1;
      const challenge = `Bearer authorization="https://login.microsoftonline.com/${TENANT}", resource="${vault.resource}"`;
      const message = "AKV10000: Request is missing a Bearer or PoP token.";
      answer(401, { error: { code: "Unauthorized", message } }, { "WWW-Authenticate": challenge });
      return;
    }
    try {
      const body = operate(request.method ?? "", request.url ?? "", Buffer.concat(chunks).toString("utf8"));
      if (body !== undefined) answer(200, body);
    } catch (error) {
      const { status, code, message } =
        error instanceof Refusal ? error : new Refusal(400, "BadParameter", String(error));
      answer(status, { error: { code, message } });
    }
  };

  /** The version and the operation that a request names. */
  const route = (method: string, url: string): { version: Version; operation: Operation } => {
    const { pathname, searchParams } = new URL(url, keyUrl);
    const [, collection, name, versionName = "", action = ""] = pathname.split("/");
    if (!/^(\d+\.\d+|\d{4}-\d{2}-\d{2})$/.test(searchParams.get("api-version") ?? ""))
      throw new Refusal(400, "BadParameter", "api-version must be specified");
    const version = versionName === "" ? versions.at(-1) : versions.find((known) => known.name === versionName);
    if (collection !== "keys" || name !== "wrapping" || version === undefined)
      throw new Refusal(404, "KeyNotFound", `A key with (name/id) ${pathname} was not found in this key vault.`);
    if (method === "GET" && action === "") return { version, operation: "get" };
    if (method === "POST" && (action === "wrapkey" || action === "unwrapkey")) return { version, operation: action };
    throw new Refusal(405, "MethodNotAllowed", "The HTTP method is not allowed.");
  };

  /** The body of the answer; undefined for no answer at all. */
  const operate = (method: string, url: string, body: string): unknown => {
    const { version, operation } = route(method, url);
    const kid = `${keyUrl}/${version.name}`;
    const value = operation === "get" ? "" : cryptoRequest.parse(JSON.parse(body)).value;
    vault.calls[operation] += 1;
    if (operation === "wrapkey") vault.plainKeys.push(value);
    if (vault.mood === "hangs") return undefined;
    if (vault.mood === "breaks") throw new Refusal(500, "InternalServerError", "The vault is in trouble.");
    if (vault.mood === "forbids" || vault.mood === `forgot-${operation}`)
      throw new Refusal(403, "Forbidden", `Caller is not authorized to perform action ${operation} on resource.`);
    if (operation === "get") return { key: jwkOf(version, kid), attributes: { enabled: true, created: 1, updated: 1 } };
    const bytes = Buffer.from(value, "base64url");
    const result =
      operation === "wrapkey"
        ? publicEncrypt({ key: version.publicKey, ...OAEP }, bytes)
        : privateDecrypt({ key: version.privateKey, ...OAEP }, bytes);
    return { kid, value: result.toString("base64url") };
  };

  const vault: KeyVault = {
    keyUrl,
    ca,
    calls: { get: 0, wrapkey: 0, unwrapkey: 0 },
    challenges: 0,
    mood: "works",
    resource: VAULT_RESOURCE,
    plainKeys: [],
    rotate: async () => {
      const pair = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
      const name = randomBytes(16).toString("hex");
      versions.push({ name, ...pair });
      return `${keyUrl}/${name}`;
    },
    goAway,
    recover: () => listen(port),
    close: async () => {
      if (server.listening) await goAway();
      rmSync(dir, { recursive: true });
    },
  };
  await vault.rotate();
  return vault;
}

function jwkOf({ publicKey }: Version, kid: string): unknown {
  const { n, e } = publicKey.export({ format: "jwk" });
  return { kid, kty: "RSA", key_ops: ["wrapKey", "unwrapKey"], n, e };
}
