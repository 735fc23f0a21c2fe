import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";

const bus = z.object({ connectionString: z.string(), topic: z.string(), queue: z.string() }).readonly();

const runtimeSchema = z
  .object({
    api: z.string(),
    ui: z.string(),
    scope: z.object({ client: z.string(), program: z.string(), environment: z.string() }).readonly(),
    clients: z.record(z.string(), bus).readonly(),
    /** Process ids; they change when a part is restarted. */
    processes: z
      .object({ host: z.number(), serviceBus: z.number(), tables: z.number(), partner: z.number() })
      .readonly(),
    tables: z.string(),
    partner: z
      .object({
        url: z.string(),
        /** Its addresses in earlier runs, which webhooks created then still have. */
        earlierUrls: z.array(z.string()).readonly(),
        ca: z.string(),
        caKey: z.string(),
        control: z.string(),
      })
      .readonly(),
    tokens: z
      .object({ admin: z.string(), acmeWriter: z.string(), acmeReader: z.string(), globexWriter: z.string() })
      .readonly(),
  })
  .readonly();

/** Where everything is: the content of `.local/runtime.json`. */
export type Runtime = z.infer<typeof runtimeSchema>;

/** Writes the file atomically. It holds tokens, so only its owner can read it. */
export function writeRuntime(file: string, runtime: Runtime): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify(runtime, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** The file of a running stack; undefined when there is none. @throws when it is not a valid `runtime.json`. */
export function readRuntime(file: string): Runtime | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  try {
    return runtimeSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${file} is not a valid runtime.json of this version. Restart the stack: npm start`, {
      cause,
    });
  }
}

export function removeRuntime(file: string): void {
  rmSync(file, { force: true });
}
