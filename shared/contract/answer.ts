/**
 * What a schema of an answer lets a story give: the schema's own type, read-only through and through, so that stories can pass on what they must
 * not change.
 */
export type Answered<T> = T extends readonly (infer Item)[]
  ? readonly Answered<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Answered<T[Key]> }
    : T;
