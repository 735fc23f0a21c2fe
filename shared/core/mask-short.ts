import type { Meter } from "./mask-meter.ts";
import type { Ranges } from "./mask-ranges.ts";
import { FOLDED } from "./mask-view.ts";
import type { View } from "./mask-view.ts";

/** Most bytes of all needles together: no configuration that can be saved has so many short secrets. */
const MOST_NODES = 2 ** 18;

/**
 * Finds short needles in one pass, all at once: the automaton of Aho and Corasick (Efficient string matching, CACM 18/6, 1975). Its work is
 * linear in the needles and in the text, whatever they look like. Needles are folded, views are folded here: see {@link FOLDED}.
 */
export class ShortNeedles {
  readonly #meter: Meter;
  /** By node; the root is 0. */
  readonly #depth: number[] = [0];
  /** Where to go on from when no needle goes on here: the longest other beginning that the text ends with. */
  readonly #fallback: number[] = [0];
  /** Length of the longest needle that ends here; 0 for none. */
  readonly #needle: number[] = [0];
  /** Whether a text may be cut off here. */
  readonly #mayEnd: boolean[] = [false];
  readonly #children = new Children();
  /** Nodes not yet linked, by depth, with what leads to them. */
  #unlinked: { readonly node: number; readonly parent: number; readonly byte: number }[][] = [[]];

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** @param cutFrom so many bytes of it at the end of a text are taken for this needle, cut off */
  add(needle: Uint8Array, cutFrom: number): void {
    let node = 0;
    needle.forEach((byte, at) => {
      const known = this.#children.get(node, byte);
      node = known === 0 ? this.#grow(node, byte) : known;
      if (at + 1 >= cutFrom) this.#mayEnd[node] = true;
    });
    this.#needle[node] = needle.length;
  }

  #grow(parent: number, byte: number): number {
    const node = this.#depth.length;
    if (node > MOST_NODES) throw new RangeError("Too many secrets to look for.");
    const depth = (this.#depth[parent] ?? 0) + 1;
    this.#depth.push(depth);
    this.#fallback.push(0);
    this.#needle.push(0);
    this.#mayEnd.push(false);
    this.#children.set(parent, byte, node);
    (this.#unlinked[depth] ??= []).push({ node, parent, byte });
    return node;
  }

  /** Sets the fall-backs, shallow nodes first. To be called once, after all needles were added. */
  link(): void {
    for (const nodes of this.#unlinked) {
      for (const { node, parent, byte } of nodes) {
        const fallback = parent === 0 ? 0 : this.#follow(this.#fallback[parent] ?? 0, byte);
        this.#fallback[node] = fallback;
        this.#needle[node] ||= this.#needle[fallback] ?? 0;
      }
    }
    this.#unlinked = [];
  }

  /** Adds to `found` where needles stand in a view, and where in an open one a needle begins that its end cuts off. */
  find(view: View, found: Ranges): void {
    const { whole } = view;
    const atWhole = this.#run(view, 0, whole, 0, found);
    const atEnd = this.#run(view, whole, view.length, atWhole, found);
    if (!view.open) return;
    this.#addBeginning(view, whole, atWhole, found);
    this.#addBeginning(view, view.length, atEnd, found);
  }

  #run(view: View, first: number, end: number, start: number, found: Ranges): number {
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

  #addBeginning(view: View, end: number, last: number, found: Ranges): void {
    let node = last;
    while (node !== 0 && this.#mayEnd[node] !== true) node = this.#fallback[node] ?? 0;
    if (node !== 0) found.addToEnd(view, end - (this.#depth[node] ?? 0));
  }
}

/** Children of nodes by byte: a table with open addressing, at most half full. */
class Children {
  readonly #ofRoot = new Int32Array(256);
  /** By node: bit n is set when a child's byte ends in these five bits. Most questions end here. */
  readonly #hints: number[] = [];
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
    this.#hints[node] = (this.#hints[node] ?? 0) | (1 << (byte & 31));
    if (this.#count * 2 >= this.#keys.length) this.#widen();
    const key = node * 256 + byte;
    const place = this.#place(key);
    this.#keys[place] = key;
    this.#nodes[place] = child;
    this.#count += 1;
  }

  /** Where the key stands, or where it would. Keys are never 0. */
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
    keys.forEach((key, from) => {
      if (key === 0) return;
      const place = this.#place(key);
      this.#keys[place] = key;
      this.#nodes[place] = nodes[from] ?? 0;
    });
  }
}
