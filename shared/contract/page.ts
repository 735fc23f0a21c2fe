import * as z from "zod";
import { DEFAULT_PAGE_ITEMS, MAX_PAGE_ITEMS } from "./limits.ts";

const LIMIT_RULE = `must be a whole number from 1 to ${String(MAX_PAGE_ITEMS)}.`;

/** Query parameters of every list. */
export const pageQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^[0-9]{1,3}$/, LIMIT_RULE)
    .transform(Number)
    .pipe(z.int(LIMIT_RULE).min(1, LIMIT_RULE).max(MAX_PAGE_ITEMS, LIMIT_RULE))
    .default(DEFAULT_PAGE_ITEMS),
  /** As `next` of the page before. */
  cursor: z.string().optional(),
});

export type PageQuery = Readonly<z.output<typeof pageQuery>>;

/** A page of a list, newest first. `next` is the cursor of the next page, null on the last one. */
export function pageOf<Item extends z.ZodType>(
  item: Item,
): z.ZodObject<{ items: z.ZodArray<Item>; next: z.ZodNullable<z.ZodString> }, z.core.$strict> {
  return z.strictObject({ items: z.array(item), next: z.string().nullable() });
}
