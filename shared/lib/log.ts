/**
 * Writes one JSON line: an event named `noun.past_verb` with its fields. Never a secret, never a body; URLs as origin only.
 */
export type Log = (
  level: "debug" | "info" | "warn" | "error",
  event: string,
  fields: Readonly<Record<string, unknown>>,
) => void;
