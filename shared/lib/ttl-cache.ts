import type { Clock } from "./clock.ts";
import { lru } from "./lru.ts";

export interface TtlCacheOptions {
  readonly clock: Clock;
  /** How long a value is given out, in milliseconds from when it was asked for. */
  readonly ttlMs: number;
  /** How many keys are kept; the least recently used goes first. */
  readonly max: number;
}

/** The value for a key, loaded once for all who ask at the same time, and not again while it is fresh. A failed load is not kept. */
export type TtlCache<T> = (key: string, load: () => Promise<T>) => Promise<T>;

/** A cache for what is read far more often than it changes, and whose changes must be seen soon. */
export function ttlCache<T>({ clock, ttlMs, max }: TtlCacheOptions): TtlCache<T> {
  const entries = lru<{ readonly value: Promise<T>; readonly freshUntil: number }>(max);
  return (key, load) => {
    const now = clock().getTime();
    const cached = entries.get(key);
    if (cached && now < cached.freshUntil) return cached.value;
    const entry = { value: load(), freshUntil: now + ttlMs };
    entries.set(key, entry);
    entry.value.catch(() => {
      if (entries.get(key) === entry) entries.delete(key);
    });
    return entry.value;
  };
}
