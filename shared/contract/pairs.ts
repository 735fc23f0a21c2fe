import * as z from "zod";

/** A header or body pair in a request; a secret one without `value` keeps the stored value. */
export const pairRequest = z.strictObject({
  key: z.string().optional(),
  value: z.string().optional(),
  secret: z.boolean().optional(),
});

/** The same in an answer: a secret has no `value`. */
export const pairAnswer = z.strictObject({ key: z.string(), value: z.string().exactOptional(), secret: z.boolean() });

export type PairAnswer = Readonly<z.output<typeof pairAnswer>>;
