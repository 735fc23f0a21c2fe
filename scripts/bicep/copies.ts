import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import type { Bicep, Picture } from "./bicep.ts";

export const ENVIRONMENTS = ["dev", "production"] as const;

const clientList = z.array(z.looseObject({ id: z.string(), producers: z.array(z.string()).optional() }));
export type Client = z.infer<typeof clientList>[number];

/** The clients of a `clients.json`. */
export function readClients(path: string): Client[] {
  return clientList.parse(JSON.parse(readFileSync(path, "utf8")));
}

/** A copy of `infra/` with other clients and, for each client and environment, a parameter file of its own; deleted after `use`. */
export async function withCopy<T>(
  root: string,
  clients: readonly Client[],
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "kls-infra-"));
  try {
    fillCopy(folder, root, clients);
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function fillCopy(folder: string, root: string, clients: readonly Client[]): void {
  cpSync(join(root, "infra"), folder, { recursive: true, filter: (path) => !/[\\/](pictures|tools)$/.test(path) });
  writeFileSync(join(folder, "clients.json"), JSON.stringify(clients));
  for (const environment of ENVIRONMENTS) {
    const text = readFileSync(join(folder, `client.${environment}.bicepparam`), "utf8");
    for (const { id } of clients) {
      const own = text.replace("readEnvironmentVariable('CLIENT_ID')", `'${id}'`);
      if (own === text) throw new Error(`client.${environment}.bicepparam does not take its client from CLIENT_ID.`);
      writeFileSync(join(folder, `client.${environment}.${id}.bicepparam`), own);
    }
  }
}

/** Every Bicep file under `folder`, without the parameter files of one client. */
export function bicepFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.bicep(param)?$/.test(path) && !/client\.[a-z]+\.bicepparam$/.test(path))
    .sort();
}

/** The pictures that are kept, by file name: the stamp with one and with all clients, and each client. */
export async function drawPictures(
  bicep: Bicep,
  root: string,
  clients: readonly Client[],
): Promise<Map<string, Picture>> {
  const one = await draw(bicep, root, clients.slice(0, 1), []);
  return new Map([...one, ...(await drawAll(bicep, root, clients))]);
}

/** Pictures of the stamp with these clients and of each of them, in every environment. */
export function drawAll(bicep: Bicep, root: string, clients: readonly Client[]): Promise<Map<string, Picture>> {
  return draw(bicep, root, clients, clients);
}

function draw(
  bicep: Bicep,
  root: string,
  list: readonly Client[],
  each: readonly Client[],
): Promise<Map<string, Picture>> {
  return withCopy(root, list, async (folder) => {
    const pictures = new Map<string, Picture>();
    for (const environment of ENVIRONMENTS) {
      const files = new Map([[`main.${environment}.${countOf(list)}`, `main.${environment}`]]);
      for (const { id } of each) files.set(`client.${environment}.${id}`, `client.${environment}.${id}`);
      for (const [name, file] of files)
        pictures.set(`${name}.json`, await bicep.picture(join(folder, `${file}.bicepparam`)));
    }
    return pictures;
  });
}

function countOf(clients: readonly Client[]): string {
  return clients.length === 1 ? "1-client" : `${String(clients.length)}-clients`;
}
