import * as z from "zod";

/** What a peer offers the process that started it. */
export interface PeerWork {
  readonly port: number;
  /** Of a table service. */
  readonly connectionString?: string;
  readonly counts: () => Readonly<Record<string, number>>;
  readonly reset: () => void | Promise<void>;
}

const questionSchema = z.object({ kind: z.enum(["usage", "reset"]) });

/** Starts the peer with the settings in the first message, then answers questions; exits with the parent. */
export function servePeer(start: (settings: unknown) => Promise<PeerWork>): void {
  process.once("message", (settings) => {
    void begin(settings, start);
  });
  process.once("disconnect", () => process.exit(0));
}

async function begin(settings: unknown, start: (settings: unknown) => Promise<PeerWork>): Promise<void> {
  const { port, connectionString, counts, reset } = await start(settings);
  const answer = async (message: unknown): Promise<void> => {
    const { kind } = questionSchema.parse(message);
    if (kind === "reset") await reset();
    process.send?.(kind === "usage" ? { cpuMs: cpuMs(), counts: counts() } : {});
  };
  process.on("message", (message) => {
    void answer(message);
  });
  process.send?.({ port, connectionString });
}

/** All threads, garbage collection included. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
