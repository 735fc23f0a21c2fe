import * as z from "zod";

/** The side of a peer that {@link startPeer} talks to. */
export interface PeerWork {
  readonly port: number;
  readonly counts: () => Readonly<Record<string, number>>;
  readonly reset: () => void;
}

const questionSchema = z.object({ kind: z.enum(["usage", "reset"]) });

/** Starts the work with the settings that the parent sends first, then answers what it asks; ends with the parent. */
export function servePeer(start: (settings: unknown) => Promise<PeerWork>): void {
  process.once("message", (settings) => {
    void start(settings).then((work) => {
      process.on("message", (message) => {
        const { kind } = questionSchema.parse(message);
        if (kind === "reset") work.reset();
        process.send?.(kind === "usage" ? { cpuMs: cpuMs(), counts: work.counts() } : {});
      });
      process.send?.({ port: work.port });
    });
  });
  process.once("disconnect", () => process.exit(0));
}

/** All threads: the garbage collector's and TLS's too. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
