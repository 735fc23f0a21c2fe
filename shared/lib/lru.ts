/** Values by key, of which the least recently used are dropped once all together weigh more than the cache may hold. */
export interface Lru<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
  delete(key: string): void;
  /** What the values weigh together. */
  readonly weight: number;
}

/**
 * The one cache of the app. It is bounded by what its values weigh: where callers decide how large a value is, a number of values promises
 * nothing. A value that is too heavy on its own is not kept.
 * @param max the most that all values may weigh together
 * @param weigh what a value weighs, asked once, when it is set; by default 1, so that `max` is a number of values
 */
export function lru<T>(max: number, weigh: (value: T) => number = () => 1): Lru<T> {
  const entries = new Map<string, { readonly value: T; readonly weight: number }>();
  let weight = 0;
  const remove = (key: string): void => {
    weight -= entries.get(key)?.weight ?? 0;
    entries.delete(key);
  };
  return {
    get weight() {
      return weight;
    },
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      // Inserted anew: a Map's order is then least recently used first.
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value) {
      remove(key);
      const entry = { value, weight: weigh(value) };
      if (entry.weight > max) return;
      entries.set(key, entry);
      weight += entry.weight;
      for (const oldest of entries.keys()) {
        if (weight <= max) break;
        remove(oldest);
      }
    },
    delete: remove,
  };
}
