/** A binary min-heap: `push` and `pop` in O(log n), `peek` in O(1). */
export interface Heap<T> {
  readonly size: number;
  push(item: T): void;
  peek(): T | undefined;
  pop(): T | undefined;
  /** Removes every item that `keep` rejects, in O(n). */
  retain(keep: (item: T) => boolean): void;
}

/** An empty heap, smallest `rank` first. */
export function createHeap<T>(rank: (item: T) => number): Heap<T> {
  let items: T[] = [];

  const at = (index: number): T => {
    const item = items[index];
    if (item === undefined) throw new RangeError(`heap has no item ${String(index)}`);
    return item;
  };

  const swap = (a: number, b: number): void => {
    const kept = at(a);
    items[a] = at(b);
    items[b] = kept;
  };

  const sink = (from: number): void => {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      let least = index;
      for (const child of [left, left + 1])
        if (child < items.length && rank(at(child)) < rank(at(least))) least = child;
      if (least === index) return;
      swap(index, least);
      index = least;
    }
  };

  return {
    get size(): number {
      return items.length;
    },
    push: (item) => {
      items.push(item);
      let index = items.length - 1;
      while (index > 0) {
        const parent = (index - 1) >> 1;
        if (rank(at(parent)) <= rank(at(index))) return;
        swap(index, parent);
        index = parent;
      }
    },
    peek: () => items[0],
    pop: () => {
      const first = items[0];
      const last = items.pop();
      if (items.length > 0 && last !== undefined) {
        items[0] = last;
        sink(0);
      }
      return first;
    },
    retain: (keep) => {
      items = items.filter(keep);
      for (let index = (items.length >> 1) - 1; index >= 0; index -= 1) sink(index);
    },
  };
}
