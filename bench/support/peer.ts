import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import * as z from "zod";

/** A process that a measured one talks to: a receiver, or a table service. */
export interface Peer {
  readonly port: number;
  /** Processor time it has used so far, in milliseconds, and what it has counted. */
  usage(): Promise<Usage>;
  /** Forgets what it holds and starts counting from 0. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

const usageSchema = z.object({ cpuMs: z.number(), counts: z.record(z.string(), z.number()) });
export type Usage = z.infer<typeof usageSchema>;

const readySchema = z.object({ port: z.number() });

/**
 * Starts `bench/peers/<name>.ts` in a process of its own, with settings that it reads from its first message.
 * @throws when it ends before it listens
 */
export async function startPeer(name: string, settings: object): Promise<Peer> {
  const child = fork(join(import.meta.dirname, "../peers", `${name}.ts`), [], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const { port } = readySchema.parse(await ask(child, settings));
  return {
    port,
    usage: async () => usageSchema.parse(await ask(child, { kind: "usage" })),
    reset: async () => {
      await ask(child, { kind: "reset" });
    },
    close: async () => {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

/** Peers answer each message with one, in order, so only one question may be open. */
function ask(child: ChildProcess, question: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => {
      reject(new Error(`A process of the bench ended with code ${String(code)}; its words are above.`));
    };
    child.once("exit", ended);
    child.once("message", (answer) => {
      child.removeListener("exit", ended);
      resolve(answer);
    });
    child.send(question);
  });
}
