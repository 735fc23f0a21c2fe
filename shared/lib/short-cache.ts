import type { Clock } from "./clock.ts";

export interface ShortCacheOptions {
  readonly clock: Clock;
  /** How long a value is given out, in milliseconds from when it was asked for. */
  readonly ttlMs: number;
  /** How many keys are kept; the one loaded longest ago goes first. */
  readonly max: number;
}

/** Gives the value for a key, loading it at most once at a time and not again while it is fresh. A failed load is not kept. */
export type ShortCache<T> = (key: string, load: () => Promise<T>) => Promise<T>;

/** A cache for what is read far more often than it changes, and whose changes must be seen soon. */
export function shortCache<T>(options: ShortCacheOptions): ShortCache<T> {
  const entries = new Map<string, { readonly value: Promise<T>; readonly freshUntil: number }>();
  return (key, load) => {
    const now = options.clock().getTime();
    const known = entries.get(key);
    if (known && now < known.freshUntil) return known.value;
    const value = load();
    const entry = { value, freshUntil: now + options.ttlMs };
    entries.delete(key);
    entries.set(key, entry);
    value.catch(() => {
      if (entries.get(key) === entry) entries.delete(key);
    });
    if (entries.size > options.max) {
      const oldest = entries.keys().next();
      if (!oldest.done) entries.delete(oldest.value);
    }
    return value;
  };
}
