import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";

/** Sampling interval, in microseconds. */
const EVERY_US = 200;

/** Starts a CPU profile. @returns a function that stops it and writes it to `file` */
export function startProfile(file: string): () => Promise<void> {
  const session = new Session();
  session.connect();
  const started = (async () => {
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: EVERY_US });
    await session.post("Profiler.start");
  })();
  return async () => {
    await started;
    const { profile } = await session.post("Profiler.stop");
    writeFileSync(file, JSON.stringify(profile));
    session.disconnect();
  };
}
