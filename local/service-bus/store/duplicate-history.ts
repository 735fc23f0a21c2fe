/** Remembers message ids for a window, as an entity with duplicate detection does. */
export interface DuplicateHistory {
  /** Whether `id` was noted within the window before `at` (milliseconds); notes it if not. */
  seen(id: string, at: number): boolean;
}

/** A history of `window` milliseconds. Ids expire in order of arrival, so only expired ones are visited. */
export function createDuplicateHistory(window: number): DuplicateHistory {
  const until = new Map<string, number>();
  return {
    seen: (id, at) => {
      for (const [known, end] of until) {
        if (end > at) break;
        until.delete(known);
      }
      if (until.has(id)) return true;
      until.set(id, at + window);
      return false;
    },
  };
}
