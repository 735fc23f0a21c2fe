import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";

/** Looks this often at what is running, in microseconds. */
const EVERY_US = 200;

/** Profiles the processor from now on; the function that it gives ends that and writes the profile. */
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
