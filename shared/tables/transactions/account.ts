import { createHmac } from "node:crypto";
import type { Clock } from "../../lib/clock.ts";
import { Trouble } from "../../lib/errors.ts";
import type { TablesSettings } from "../open-tables.ts";

/** An account of the table service: where it is, and what a request needs to be let in. */
export interface Account {
  /** Without a slash at the end. */
  readonly endpoint: string;
  /** Appended to URLs; empty, or a shared access signature. */
  readonly query: string;
  /** @param path of the URL */
  authorize(path: string, now: Date): Promise<Readonly<Record<string, string>>>;
}

const SCOPE = "https://storage.azure.com/.default";

/** How long before its end a token is not used any more, in milliseconds. */
const TOKEN_MARGIN_MS = 2 * 60_000;

/** @throws Trouble for a connection string that names no account */
export function openAccount(settings: TablesSettings, clock: Clock): Account {
  if (settings.kind === "connection-string") return fromConnectionString(settings.value);
  const { credential } = settings;
  let held: { token: string; expiresOnTimestamp: number } | undefined;
  let asking: Promise<string> | undefined;
  const ask = async (): Promise<string> => {
    held = (await credential.getToken(SCOPE)) ?? undefined;
    if (!held) throw new Trouble("The app's identity gives no token for the tables.");
    return held.token;
  };
  return {
    endpoint: settings.endpoint.replace(/\/$/, ""),
    query: "",
    authorize: async () => {
      const isGood = held !== undefined && held.expiresOnTimestamp - clock().getTime() > TOKEN_MARGIN_MS;
      if (!isGood) asking ??= ask().finally(() => (asking = undefined));
      const token = isGood ? held?.token : await asking;
      return { authorization: `Bearer ${token ?? ""}` };
    },
  };
}

/** The account of the emulator, whose key is published. @see https://learn.microsoft.com/azure/storage/common/storage-connect-azurite */
const DEVELOPMENT =
  "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;" +
  "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/** @see https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string */
function fromConnectionString(text: string): Account {
  if (/^\s*UseDevelopmentStorage=true/i.test(text)) return fromConnectionString(DEVELOPMENT);
  const parts = new Map(
    text.split(";").map((part): [string, string] => {
      const at = part.indexOf("=");
      return [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()];
    }),
  );
  const name = parts.get("accountname") ?? "";
  const [protocol, suffix] = [parts.get("defaultendpointsprotocol") ?? "https", parts.get("endpointsuffix")];
  const usual = `${protocol}://${name}.table.${suffix ?? "core.windows.net"}`;
  const endpoint = (parts.get("tableendpoint") ?? usual).replace(/\/$/, "");
  const signature = parts.get("sharedaccesssignature");
  if (signature !== undefined)
    return { endpoint, query: `?${signature.replace(/^\?/, "")}`, authorize: () => Promise.resolve({}) };
  const key = Buffer.from(parts.get("accountkey") ?? "", "base64");
  if (name === "" || key.length === 0)
    throw new Trouble("The connection string of the tables has neither an account key nor a shared access signature.");
  return { endpoint, query: "", authorize: (path, now) => Promise.resolve(signed(name, key, path, now)) };
}

/** @see https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key#shared-key-lite-and-table-service-format-for-2009-09-19-and-later */
function signed(name: string, key: Buffer, path: string, now: Date): Record<string, string> {
  const date = now.toUTCString();
  const signature = createHmac("sha256", key).update(`${date}\n/${name}${path}`, "utf8").digest("base64");
  return { "x-ms-date": date, authorization: `SharedKeyLite ${name}:${signature}` };
}
