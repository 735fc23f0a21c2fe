/** `input` without these fields; anything but an object is returned as it is. */
export function withoutFields(input: unknown, names: readonly string[]): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input;
  return Object.fromEntries(Object.entries(input).filter(([name]) => !names.includes(name)));
}
