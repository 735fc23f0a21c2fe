import { BASE64, decodeInto, digitsInto, HEX } from "./mask-encodings.ts";
import { measureWhole, unescapeInto } from "./mask-escapes.ts";
import type { Meter } from "./mask-meter.ts";
import { Needles } from "./mask-needles.ts";
import { secretsIn, SHORTEST_SECRET } from "./mask-parts.ts";
import type { SecretText } from "./mask-parts.ts";
import { Ranges } from "./mask-ranges.ts";
import { View, viewText } from "./mask-view.ts";
import { MASK } from "./secret.ts";

/** A secret cut off by the end of a text is masked from so many characters on. */
const SHORTEST_CUT_OFF = 6;
/** So many escapes of escapes are taken off. */
const LAYERS = 3;
/** So many encodings of encodings are decoded. */
const DEPTH = 2;

/** Replaces secrets in a text. Never throws, and never gives a text that could not be looked through: that becomes all mask. */
export type Mask = (text: string) => string;

/** A value, in which the secrets are looked for, or a secret that was found already. */
export type Hidden = string | SecretText;

/**
 * Replaces secrets in what people will read: texts of at least 4 characters and the secrets within them ({@link secretsIn}), as they are and as
 * receivers echo them, in any letter case: escaped wholly or in part for JSON, XML, HTML, URLs and forms, up to three times over; in base64,
 * base64url or hexadecimal, as part of something longer and twice over too. A secret that the end of the text cuts off is masked from 6
 * characters on, of one of 64 bytes and more every 32 bytes wherever they stand.
 *
 * The text is decoded in every such way, each time remembering what came from where, and all secrets are looked for at once: the work is
 * linear in text and secrets, whatever they hold (decision 0012).
 */
export function maskSecrets(text: string, secrets: readonly Hidden[]): string {
  return maskFor(secrets)(text);
}

/** {@link maskSecrets} with the work on the secrets done once, for several texts. @param meter counts the steps of all of it */
export function maskFor(secrets: readonly Hidden[], meter: Meter = { steps: 0 }): Mask {
  try {
    const needles = needlesOf(secrets, meter);
    if (needles === undefined) return (text) => text;
    const search = new Search(needles);
    return (text) => {
      try {
        return search.mask(text);
      } catch {
        return MASK;
      }
    };
  } catch {
    return () => MASK;
  }
}

/** What to look for; undefined when there is nothing. */
function needlesOf(secrets: readonly Hidden[], meter: Meter): Needles | undefined {
  const publicStarts = new Map<string, number>();
  const texts = secrets.flatMap((secret) => (typeof secret === "string" ? secretsIn(secret) : [secret]));
  for (const { text, publicStart } of texts) {
    if (text.length >= SHORTEST_SECRET) publicStarts.set(text, publicStart);
  }
  if (publicStarts.size === 0) return undefined;
  const needles = new Needles(meter);
  const view = new View(false);
  const spare = [new View(false), new View(false)] as const;
  for (const [text, publicStart] of publicStarts) {
    const cutFrom = publicStart + SHORTEST_CUT_OFF;
    const layers = layersOf(viewText(text, view), spare);
    needles.add(view, cutFrom);
    // A secret may look escaped itself; then a text of which more layers were taken off than it was given holds it without them.
    const deepest = [...layers].at(-1);
    if (deepest && deepest !== view) needles.add(deepest, cutFrom);
  }
  needles.link();
  return needles;
}

/** A view as it is, then with each layer of escapes taken off that it has. @param spare are used in turn */
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

/** What one level of encodings is decoded into. */
class Level {
  readonly view = new View();
  readonly spare: readonly [View, View] = [new View(), new View()];
  readonly digits = new View();
}

/** Looks through texts, with the same arrays for each. */
class Search {
  readonly #needles: Needles;
  readonly #levels = Array.from({ length: DEPTH + 1 }, () => new Level());

  constructor(needles: Needles) {
    this.#needles = needles;
  }

  mask(text: string): string {
    const found = new Ranges(text);
    const [level] = this.#levels;
    if (level) this.#look(viewText(text, level.view), 0, found);
    return found.replaceWith(MASK);
  }

  #look(view: View, depth: number, found: Ranges): void {
    const [level, below] = [this.#levels[depth], this.#levels[depth + 1]];
    if (!level) return;
    let deepest = view;
    for (const layer of layersOf(view, level.spare)) {
      this.#needles.find(layer, found);
      deepest = layer;
    }
    if (!below) return;
    // Hexadecimal digits behind `\x` look like an escape and more.
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
      const digits = digitsInto(source, encoding, level.digits);
      if (digits.length === 0) continue;
      for (const phase of encoding.phases)
        this.#look(decodeInto(digits, encoding, phase, below.view), depth + 1, found);
    }
  }
}
