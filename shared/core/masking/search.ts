import { BASE64, decodeInto, digitsInto, HEX } from "./encodings.ts";
import { measureWhole, unescapeInto } from "./escapes.ts";
import type { Meter } from "./meter.ts";
import { Needles } from "./needles.ts";
import { secretsIn, SHORTEST_SECRET } from "./parts.ts";
import type { Hidden } from "./parts.ts";
import { Ranges, Sighting } from "./ranges.ts";
import type { Found } from "./ranges.ts";
import { View, viewText } from "./view.ts";
import type { Pieces } from "../../lib/pieces.ts";

/** Shortest part of a secret that is masked where the end of a text cuts it off, in characters. */
const SHORTEST_CUT_OFF = 6;
/** How many layers of escapes are removed. */
const LAYERS = 3;
/** How many nested encodings are decoded. */
const DEPTH = 2;

/** What to search for; undefined when there is nothing. @throws RangeError when it is too much */
export function* needlesOf(secrets: readonly Hidden[], meter: Meter): Pieces<Needles | undefined> {
  const needles = new Needles(meter);
  const view = new View(false);
  const spare = [new View(false), new View(false)] as const;
  const publicStarts = new Map<string, number>();
  for (const secret of secrets) {
    const texts = typeof secret === "string" ? secretsIn(secret) : [secret];
    for (const { text, publicStart } of texts) if (text.length >= SHORTEST_SECRET) publicStarts.set(text, publicStart);
    yield typeof secret === "string" ? secret.length : secret.text.length;
  }
  if (publicStarts.size === 0) return undefined;
  for (const [text, publicStart] of publicStarts) {
    const cutFrom = publicStart + SHORTEST_CUT_OFF;
    let deepest = view;
    for (const layer of layersOf(viewText(text, view), spare)) deepest = layer;
    needles.add(view, cutFrom);
    // A secret may itself look escaped; once more layers are removed from a text than it was given, the secret appears in it unescaped.
    if (deepest !== view) needles.add(deepest, cutFrom);
    yield text.length;
  }
  yield* needles.link();
  return needles;
}

/** A view unchanged, then with each of its layers of escapes removed. @param spare used alternately */
function* layersOf(view: View, spare: readonly [View, View]): Generator<View, void> {
  let last = view;
  for (let layer = 0; ; layer += 1) {
    measureWhole(last);
    yield last;
    const next = spare[layer % 2 === 0 ? 0 : 1];
    if (layer === LAYERS || !unescapeInto(last, next)) return;
    last = next;
  }
}

/** Buffers for decoding one level of encodings. */
class Level {
  readonly view: View;
  readonly spare: readonly [View, View];
  readonly digits: View;

  constructor(mapped: boolean) {
    this.view = new View(mapped);
    this.spare = [new View(mapped), new View(mapped)];
    this.digits = new View(mapped);
  }
}

/** Buffers for a search. Reused: allocating them would be most of its cost. */
class Room {
  readonly levels: readonly Level[];

  constructor(mapped: boolean) {
    this.levels = Array.from({ length: DEPTH + 1 }, () => new Level(mapped));
  }
}

/** Rooms that are not in use. Few, and none that a long text has enlarged. */
const free: Room[] = [];
const MOST_FREE = 8;
const LARGEST_FREE = 16_384;

/** Searches texts for secrets. */
export class Search {
  readonly #needles: Needles;
  readonly #fewestBytes: number;

  constructor(needles: Needles) {
    this.#needles = needles;
    this.#fewestBytes = needles.fewestBytes;
  }

  /**
   * Where secrets occur in a text, including all its decoded forms; undefined when it contains none. Checked first, since nearly all texts contain
   * none, and keeping track of what came from where is half of the work.
   */
  *look(text: string): Pieces<Ranges | undefined> {
    const sighting = new Sighting();
    const room = free.pop() ?? new Room(false);
    yield* this.#lookIn(text, room, sighting);
    if (free.length < MOST_FREE && text.length <= LARGEST_FREE) free.push(room);
    if (!sighting.any) return undefined;
    const found = new Ranges(text);
    yield* this.#lookIn(text, new Room(true), found);
    return found;
  }

  *#lookIn(text: string, { levels }: Room, found: Found): Pieces<void> {
    const [level] = levels;
    if (!level) return;
    const view = viewText(text, level.view);
    yield text.length;
    yield* this.#look(view, levels, 0, found);
  }

  *#look(view: View, levels: readonly Level[], depth: number, found: Found): Pieces<void> {
    const [level, below] = [levels[depth], levels[depth + 1]];
    if (!level) return;
    let deepest = view;
    for (const layer of layersOf(view, level.spare)) {
      this.#needles.find(layer, found);
      if (found.isEnough) return;
      deepest = layer;
      yield layer.length;
    }
    if (!below) return;
    // Hexadecimal digits after `\x` look like an escape followed by other text.
    const sources =
      deepest === view
        ? ([
            [deepest, BASE64],
            [deepest, HEX],
          ] as const)
        : ([
            [deepest, BASE64],
            [deepest, HEX],
            [view, HEX],
          ] as const);
    for (const [source, encoding] of sources) {
      const digits = digitsInto(source, encoding, this.#fewestBytes, level.digits);
      yield source.length;
      if (digits.length === 0) continue;
      for (const phase of encoding.phases) {
        const decoded = decodeInto(digits, encoding, phase, below.view);
        yield digits.length;
        if (decoded.length === 0) continue;
        yield* this.#look(decoded, levels, depth + 1, found);
        if (found.isEnough) return;
      }
    }
  }
}
