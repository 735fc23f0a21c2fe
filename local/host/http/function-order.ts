/**
 * Functions in the order in which the real host indexes them and tries their HTTP routes: by name, ignoring case, unit by unit.
 * Comparison is in upper case, as .NET's `StringComparer.OrdinalIgnoreCase` does it, so `_` comes after every letter. The first route that
 * matches wins; that one is more exact than another counts for nothing.
 * @see Azure/azure-functions-host: FunctionMetadataManager.LoadFunctionMetadata sorts, WebScriptHostHttpRoutesManager maps in that order
 */
export function inHostOrder<T extends { readonly name: string }>(functions: readonly T[]): readonly T[] {
  return functions.toSorted((a, b) => {
    const [one, other] = [a.name.toUpperCase(), b.name.toUpperCase()];
    return one === other ? 0 : one < other ? -1 : 1;
  });
}
