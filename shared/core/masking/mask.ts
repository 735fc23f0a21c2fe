import { cutText } from "./cut-text.ts";
import type { Meter } from "./meter.ts";
import type { Hidden } from "./parts.ts";
import { needlesOf, Search } from "./search.ts";
import { allAtOnce, type Pieces } from "../../lib/pieces.ts";
import { MASK } from "../secret.ts";

/** Replaces secrets in a text. Never throws; a text that could not be searched is masked as a whole. */
export type Mask = (text: string) => string;

/**
 * A {@link Mask} that pauses now and then, for one text after the other. A text longer than `longest`, in UTF-16 units, is cut to its
 * beginning with a note of its length ({@link cutText}); what remains is masked as it would be in the whole.
 */
export type MaskInPieces = (text: string, longest?: number) => Pieces<string>;

/**
 * How far beyond the cut a text is searched, in UTF-16 units, so that enough of a secret across the cut is seen to recognize it: 32 bytes of it,
 * each spelled with up to 128.
 */
const BEHIND_THE_CUT = 4_096;

/**
 * Replaces secrets in what people will read: texts of at least 4 characters and the secrets within them (`secretsIn`), as they are and as
 * receivers echo them, in any letter case: escaped wholly or in part for JSON, XML, HTML, URLs and forms, up to three times over; in base64,
 * base64url or hexadecimal, also as part of something longer and twice over. A secret that the end of the text cuts off is masked from 6
 * characters on; of a secret of 64 bytes or more, every 32-byte piece is masked wherever it occurs.
 *
 * The text is decoded in every such way, keeping track of what came from where, and all secrets are searched for at once: the work is
 * linear in text and secrets, whatever they contain (decision 0012).
 */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  return maskFor(secrets)(text);
}

/** {@link maskSecrets} with the work on the secrets done once, for several texts. @param meter counts the steps of all of it */
export function maskFor(secrets: readonly Hidden[], meter: Meter = { steps: 0 }): Mask {
  const { mask } = allAtOnce(prepareSecrets(secrets, meter));
  return (text) => allAtOnce(mask(text));
}

/** Secrets, prepared for searching any number of texts. */
export interface PreparedSecrets {
  /** Approximate memory, in bytes. */
  readonly bytes: number;
  /** Several texts may be masked concurrently. */
  readonly mask: MaskInPieces;
}

/** Does the work on secrets once, for {@link PreparedSecrets}. Never throws. @param meter counts the steps of all searches too */
export function* prepareSecrets(secrets: readonly Hidden[], meter: Meter = { steps: 0 }): Pieces<PreparedSecrets> {
  try {
    const needles = yield* needlesOf(secrets, meter);
    return { bytes: needles?.bytes ?? 0, mask: maskWith(needles && new Search(needles)) };
  } catch {
    return { bytes: 0, mask: maskWith("broken") };
  }
}

/** How many short texts without secrets are remembered, and their longest in UTF-16 units: most headers are the same from attempt to attempt. */
const MOST_REMEMBERED = 64;
const LONGEST_REMEMBERED = 64;

/** @param search undefined when there is nothing to search for; `broken` when preparing the search failed */
function maskWith(search: Search | "broken" | undefined): MaskInPieces {
  const harmless = new Set<string>();
  const remember = (text: string): void => {
    if (text.length > LONGEST_REMEMBERED) return;
    if (harmless.size === MOST_REMEMBERED) harmless.clear();
    harmless.add(text);
  };
  return function* (text, longest = text.length) {
    try {
      if (search === "broken") return MASK;
      if (search === undefined || harmless.has(text)) return cutText(text, longest);
      const looked = text.length <= longest ? text : text.slice(0, longest + BEHIND_THE_CUT);
      const found = yield* search.look(looked);
      if (found !== undefined) return cutText(found.replaceWith(MASK, longest), longest, text.length);
      if (looked === text) remember(text);
      return cutText(looked.slice(0, longest), longest, text.length);
    } catch {
      return MASK;
    }
  };
}
