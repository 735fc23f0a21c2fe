import { PassingTrouble } from "./passing-trouble.ts";

/**
 * Gives work a time limit, in milliseconds. Late work is told to stop by its signal, but not waited for: not every SDK listens.
 * @throws what the work throws, or that no answer came in time
 */
export async function withinLimit<T>(limitMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new PassingTrouble(`No answer within ${String(limitMs / 1000)} s.`));
      late.abort();
    }, limitMs);
  });
  try {
    return await Promise.race([work(late.signal), limit]);
  } finally {
    clearTimeout(timer);
  }
}
