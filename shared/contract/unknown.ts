import * as z from "zod";

/** What a stored word reads as that this version does not know: a newer one wrote it. */
export type Unknown = "unknown";

/** One of these words, or {@link Unknown}. */
export function orUnknown<const Word extends string>(words: readonly Word[]): z.ZodType<Word | Unknown> {
  return z.enum([...words, "unknown"]);
}
