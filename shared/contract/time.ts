import * as z from "zod";

/** A moment in an answer: RFC 3339 in UTC with milliseconds, as `Date.prototype.toISOString` writes it. */
export const timeSchema = z.iso.datetime({ precision: 3 });
