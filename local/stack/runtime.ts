import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Where everything is: the content of `.local/runtime.json`. */
export interface Runtime {
  readonly api: string;
  readonly ui: string;
  readonly scope: { readonly client: string; readonly program: string; readonly environment: string };
  readonly clients: Readonly<
    Record<string, { readonly connectionString: string; readonly topic: string; readonly queue: string }>
  >;
  /** Process ids; they change when a part is started again. */
  readonly processes: {
    readonly host: number;
    readonly serviceBus: number;
    readonly tables: number;
    readonly partner: number;
  };
  readonly tables: string;
  readonly partner: { readonly url: string; readonly ca: string; readonly caKey: string; readonly control: string };
  readonly tokens: {
    readonly admin: string;
    readonly acmeWriter: string;
    readonly acmeReader: string;
    readonly globexWriter: string;
  };
}

/** Writes the file in one step, so that a reader never sees half of it. It holds tokens: readable by its owner alone. */
export function writeRuntime(file: string, runtime: Runtime): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify(runtime, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

export function removeRuntime(file: string): void {
  rmSync(file, { force: true });
}
