/**
 * Functions in the order in which the real host indexes them and tries their HTTP routes: by name, ignoring case, by UTF-16 unit.
 * Names are compared in upper case, as .NET's `StringComparer.OrdinalIgnoreCase` does, so `_` comes after every letter. The first route that
 * matches wins, however specific the others are.
 * @see Azure/azure-functions-host: FunctionMetadataManager.LoadFunctionMetadata sorts, WebScriptHostHttpRoutesManager maps in that order
 */
export function inHostOrder<T extends { readonly name: string }>(functions: readonly T[]): readonly T[] {
  return functions.toSorted((a, b) => {
    const [one, other] = [a.name.toUpperCase(), b.name.toUpperCase()];
    return one === other ? 0 : one < other ? -1 : 1;
  });
}
