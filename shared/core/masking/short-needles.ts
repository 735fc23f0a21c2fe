import { widened } from "./arrays.ts";
import type { Meter } from "./meter.ts";
import type { Found } from "./ranges.ts";
import { FOLDED } from "./view.ts";
import type { View } from "./view.ts";
import type { Pieces } from "../../lib/pieces.ts";

/** Most bytes of all needles together: no valid configuration has so many short secrets. */
const MOST_NODES = 2 ** 18;
const BYTES_PER_NODE = 64;

/**
 * Finds all short needles in one pass: the automaton of Aho and Corasick (Efficient string matching, CACM 18/6, 1975). Its work is
 * linear in the needles and in the text, whatever they look like. Needles must be folded, views are folded here: see {@link FOLDED}.
 */
export class ShortNeedles {
  readonly #meter: Meter;
  /** By node (the root is 0): its depth, less than 256 for short needles, its parent, and the byte that leads to it. */
  #depth = new Uint8Array(512);
  #parent = new Uint32Array(512);
  #byte = new Uint8Array(512);
  /** Where to continue when no needle continues here: the longest proper suffix that is the beginning of a needle. */
  #fallback = new Uint32Array(512);
  /** Length of the longest needle that ends here; 0 for none. */
  #needle = new Uint8Array(512);
  /** Whether a text may be cut off here. */
  #mayEnd = new Uint8Array(512);
  #count = 1;
  readonly #children = new Children();
  /** Nodes not yet linked, by depth. */
  #unlinked: number[][] = [[]];

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /**
   * @param needle less than 256 bytes
   * @param cutFrom its first bytes, at least this many, at the end of a text count as this needle, cut off
   */
  add(needle: Uint8Array, cutFrom: number): void {
    let node = 0;
    for (let at = 0; at < needle.length; at += 1) {
      const byte = needle[at] ?? 0;
      const known = this.#children.get(node, byte);
      node = known === 0 ? this.#grow(node, byte) : known;
      if (at + 1 >= cutFrom) this.#mayEnd[node] = 1;
    }
    this.#needle[node] = needle.length;
  }

  #grow(parent: number, byte: number): number {
    const node = this.#count;
    if (node > MOST_NODES) throw new RangeError("Too many secrets to search for.");
    if (node === this.#depth.length) this.#widen();
    this.#count += 1;
    const depth = (this.#depth[parent] ?? 0) + 1;
    this.#depth[node] = depth;
    this.#parent[node] = parent;
    this.#byte[node] = byte;
    this.#children.set(parent, byte, node);
    (this.#unlinked[depth] ??= []).push(node);
    return node;
  }

  /** Makes room for twice as many nodes. */
  #widen(): void {
    const most = 2 * this.#depth.length;
    this.#depth = widened(this.#depth, new Uint8Array(most));
    this.#parent = widened(this.#parent, new Uint32Array(most));
    this.#byte = widened(this.#byte, new Uint8Array(most));
    this.#fallback = widened(this.#fallback, new Uint32Array(most));
    this.#needle = widened(this.#needle, new Uint8Array(most));
    this.#mayEnd = widened(this.#mayEnd, new Uint8Array(most));
  }

  /** Sets the fallbacks, shallow nodes first. Must be called once, after all needles have been added. */
  *link(): Pieces<void> {
    for (const nodes of this.#unlinked) {
      for (const node of nodes) {
        const parent = this.#parent[node] ?? 0;
        const fallback = parent === 0 ? 0 : this.#follow(this.#fallback[parent] ?? 0, this.#byte[node] ?? 0);
        this.#fallback[node] = fallback;
        if (this.#needle[node] === 0) this.#needle[node] = this.#needle[fallback] ?? 0;
      }
      yield BYTES_PER_NODE * nodes.length;
    }
    this.#unlinked = [];
  }

  /** Approximate memory, in bytes. */
  get bytes(): number {
    return BYTES_PER_NODE * this.#count;
  }

  /** Adds the positions of needles in a view to `found`; in an open view also of a needle that its end cuts off. */
  find(view: View, found: Found): void {
    const { whole } = view;
    const atWhole = this.#run(view, 0, whole, 0, found);
    const atEnd = this.#run(view, whole, view.length, atWhole, found);
    if (!view.open) return;
    this.#addBeginning(view, whole, atWhole, found);
    this.#addBeginning(view, view.length, atEnd, found);
  }

  #run(view: View, first: number, end: number, start: number, found: Found): number {
    let node = start;
    this.#meter.steps += end - first;
    for (let at = first; at < end; at += 1) {
      const byte = FOLDED[view.byte(at)] ?? 0;
      node = node === 0 ? this.#children.ofRoot(byte) : this.#follow(node, byte);
      if (node === 0) continue;
      const length = this.#needle[node] ?? 0;
      if (length > 0) found.add(view, at + 1 - length, at + 1);
    }
    return node;
  }

  #follow(from: number, byte: number): number {
    let node = from;
    for (;;) {
      this.#meter.steps += 1;
      const next = this.#children.get(node, byte);
      if (next !== 0 || node === 0) return next;
      node = this.#fallback[node] ?? 0;
    }
  }

  #addBeginning(view: View, end: number, last: number, found: Found): void {
    let node = last;
    while (node !== 0 && this.#mayEnd[node] === 0) node = this.#fallback[node] ?? 0;
    if (node !== 0) found.addToEnd(view, end - (this.#depth[node] ?? 0));
  }
}

/** Children of nodes by byte: a hash table with open addressing, at most half full. */
class Children {
  readonly #ofRoot = new Int32Array(256);
  /** By node: bit n is set if a child's byte has n as its low five bits. Most look-ups end here. */
  #hints = new Int32Array(512);
  #keys = new Int32Array(256);
  #nodes = new Int32Array(256);
  #count = 0;

  ofRoot(byte: number): number {
    return this.#ofRoot[byte] ?? 0;
  }

  /** The child, or 0. */
  get(node: number, byte: number): number {
    if (node === 0) return this.ofRoot(byte);
    if ((((this.#hints[node] ?? 0) >>> (byte & 31)) & 1) === 0) return 0;
    return this.#nodes[this.#place(node * 256 + byte)] ?? 0;
  }

  set(node: number, byte: number, child: number): void {
    if (node === 0) {
      this.#ofRoot[byte] = child;
      return;
    }
    if (node >= this.#hints.length)
      this.#hints = widened(this.#hints, new Int32Array(Math.max(node + 1, 2 * this.#hints.length)));
    this.#hints[node] = (this.#hints[node] ?? 0) | (1 << (byte & 31));
    if (this.#count * 2 >= this.#keys.length) this.#widen();
    const key = node * 256 + byte;
    const place = this.#place(key);
    this.#keys[place] = key;
    this.#nodes[place] = child;
    this.#count += 1;
  }

  /** The key's place, or where it would go. Keys are never 0. */
  #place(key: number): number {
    const last = this.#keys.length - 1;
    let place = (Math.imul(key, 0x9e3779b1) >>> 8) & last;
    while (this.#keys[place] !== 0 && this.#keys[place] !== key) place = (place + 1) & last;
    return place;
  }

  #widen(): void {
    const [keys, nodes] = [this.#keys, this.#nodes];
    this.#keys = new Int32Array(keys.length * 2);
    this.#nodes = new Int32Array(keys.length * 2);
    for (let from = 0; from < keys.length; from += 1) {
      const key = keys[from] ?? 0;
      if (key === 0) continue;
      const place = this.#place(key);
      this.#keys[place] = key;
      this.#nodes[place] = nodes[from] ?? 0;
    }
  }
}
