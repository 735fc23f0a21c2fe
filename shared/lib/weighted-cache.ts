/** Values by key, of which those that were used last are kept as long as they weigh no more than `most` together. */
export interface WeightedCache<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
  /** What is kept weighs so much. */
  readonly weight: number;
}

/**
 * A cache that is bounded by what its values weigh, not by how many there are: callers decide how large a value is, so that a number of them
 * promises nothing. What alone is too heavy is not kept.
 */
export function weightedCache<T>(most: number, weigh: (value: T) => number): WeightedCache<T> {
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
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value) {
      remove(key);
      const entry = { value, weight: weigh(value) };
      if (entry.weight > most) return;
      entries.set(key, entry);
      weight += entry.weight;
      for (const oldest of entries.keys()) {
        if (weight <= most) break;
        remove(oldest);
      }
    },
  };
}
