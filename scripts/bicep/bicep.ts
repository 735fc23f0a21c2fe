import { spawn } from "node:child_process";
import * as z from "zod";

/** One thing the compiler or the linter says about a file. */
export interface Diagnostic {
  readonly source: string;
  readonly code: string;
  readonly level: string;
  readonly message: string;
}

/** What a deployment would create, with everything evaluated that can be known without Azure. */
export type Picture = z.infer<typeof picture>;

export type Resource = z.infer<typeof resource>;

/** One Bicep CLI process that serves many requests; a process per request would take two seconds each. */
export interface Bicep {
  /** Everything that compiler and linter report about a `.bicep` or `.bicepparam` file and what it uses, warnings included. */
  readonly diagnose: (path: string) => Promise<Diagnostic[]>;
  /** The deployment of a `.bicepparam` file. @throws when it does not compile */
  readonly picture: (path: string) => Promise<Picture>;
  /** The ARM template of a `.bicep` file, as text. @throws when it does not compile */
  readonly template: (path: string) => Promise<string>;
  /** The file as the formatter writes it. */
  readonly format: (path: string) => Promise<string>;
  readonly close: () => void;
}

const diagnostics = z.object({
  diagnostics: z.array(z.object({ source: z.string(), code: z.string(), level: z.string(), message: z.string() })),
});
const resource = z.looseObject({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  apiVersion: z.string(),
  sku: z.looseObject({ name: z.string() }).optional(),
  properties: z.record(z.string(), z.unknown()).default({}),
});
const picture = z.object({ predictedResources: z.array(resource), outputs: z.unknown() });
const answer = z.object({
  id: z.number(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});

/** Reads the text of a picture. */
export function parsePicture(text: string): Picture {
  return picture.parse(JSON.parse(text, inOrder));
}

/** Keys in alphabetical order: the CLI writes outputs in an order that differs from run to run. */
function inOrder(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** Made-up ids, the same on every machine, since names are derived from them. */
const METADATA = {
  tenantId: "00000000-0000-0000-0000-00000000000a",
  subscriptionId: "00000000-0000-0000-0000-00000000000b",
  resourceGroup: "rg-webhooks",
  location: "westeurope",
  deploymentName: "main",
};

/**
 * Starts the CLI at `cli`. Parameter files see no variables of this process, so that pictures are the same everywhere.
 * @see https://github.com/Azure/bicep, Bicep.RpcClient: JSON-RPC 2.0 with Content-Length headers over stdio
 */
export function openBicep(cli: string): Bicep {
  const child = spawn(cli, ["jsonrpc", "--stdio"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: {
      HOME: process.env["HOME"],
      PATH: process.env["PATH"],
      DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: "1",
      AZURE_TENANT_ID: METADATA.tenantId,
      ALERT_EMAILS: "operations@kognitiv.com",
      WEBHOOKS_API_ID: "00000000-0000-0000-0000-00000000000c",
    },
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const take = frames((text) => {
    const { id, result, error } = answer.parse(JSON.parse(text));
    if (error) waiting.get(id)?.reject(new Error(error.message));
    else waiting.get(id)?.resolve(result);
    waiting.delete(id);
  });
  const failAll = (reason: string) => {
    for (const { reject } of waiting.values()) reject(new Error(reason));
    waiting.clear();
  };
  child.stdout.on("data", take);
  child.on("error", (error) => {
    failAll(`The Bicep CLI ${cli} does not start: ${error.message}`);
  });
  child.on("exit", (code) => {
    failAll(`The Bicep CLI exited with ${String(code)}.`);
  });
  let last = 0;
  const call = (method: string, params: object): Promise<unknown> => {
    const id = (last += 1);
    const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    const promise = Promise.withResolvers<unknown>();
    waiting.set(id, promise);
    child.stdin.write(Buffer.concat([Buffer.from(`Content-Length: ${String(body.length)}\r\n\r\n`), body]));
    return promise.promise;
  };
  return {
    diagnose: async (path) => {
      const result = path.endsWith(".bicepparam")
        ? await call("bicep/compileParams", { path, parameterOverrides: {} })
        : await call("bicep/compile", { path });
      return diagnostics.parse(result).diagnostics;
    },
    picture: async (path) => {
      const { snapshot } = z
        .object({ snapshot: z.string() })
        .parse(await call("bicep/getSnapshot", { path, metadata: METADATA }));
      return parsePicture(snapshot);
    },
    template: async (path) => {
      const { contents } = z
        .object({ contents: z.string({ error: `${path} does not compile.` }) })
        .parse(await call("bicep/compile", { path }));
      return `${contents.trimEnd()}\n`;
    },
    format: async (path) => z.object({ contents: z.string() }).parse(await call("bicep/format", { path })).contents,
    close: () => {
      child.kill();
    },
  };
}

/** Cuts a stream into the bodies of its Content-Length frames. */
function frames(body: (text: string) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const end = rest.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = Number(/Content-Length: *(\d+)/i.exec(rest.toString("latin1", 0, end))?.[1]);
      if (!Number.isInteger(length)) throw new Error("The Bicep CLI sent a frame without its length.");
      if (rest.length < end + 4 + length) return;
      const text = rest.toString("utf8", end + 4, end + 4 + length);
      rest = rest.subarray(end + 4 + length);
      body(text);
    }
  };
}
