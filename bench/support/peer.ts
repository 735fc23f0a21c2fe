import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import * as z from "zod";

/** A process that measured ones talk to: a receiver, a table service, Redis. */
export interface Peer {
  readonly port: number;
  /** Of a table service; otherwise empty. */
  readonly connectionString: string;
  /** CPU time used so far, in milliseconds, and its counters. */
  usage(): Promise<Usage>;
  /** Forgets all state and counts from 0. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

const usageSchema = z.object({ cpuMs: z.number(), counts: z.record(z.string(), z.number()) });
export type Usage = z.infer<typeof usageSchema>;

const readySchema = z.object({ port: z.number(), connectionString: z.string().default("") });

/** Starts `bench/peers/<name>.ts` in its own process. @throws when it exits before it listens */
export async function startPeer(name: string, settings: object): Promise<Peer> {
  const child = fork(join(import.meta.dirname, "../peers", `${name}.ts`), [], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (question: object): Promise<unknown> => (last = last.then(() => ask(child, question)));
  const { port, connectionString } = readySchema.parse(await ask(child, settings));
  return {
    port,
    connectionString,
    usage: async () => usageSchema.parse(await inTurn({ kind: "usage" })),
    reset: async () => {
      await inTurn({ kind: "reset" });
    },
    close: async () => {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

/** Sends a message and waits for the answer. Answers have no ids, so only one question may be open at a time. */
function ask(child: ChildProcess, question: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => {
      reject(new Error(`A peer exited with code ${String(code)}; see its output above.`));
    };
    child.once("exit", ended);
    child.once("message", (answer) => {
      child.removeListener("exit", ended);
      resolve(answer);
    });
    child.send(question);
  });
}
