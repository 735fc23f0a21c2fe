/** JSON.rawJSON (ECMAScript proposal "JSON.parse source text access", in V8 since 11.4): not yet in TypeScript's own library. */
interface RawJson {
  /** The JSON text as it stands in the source. */
  readonly rawJSON: string;
}

interface JSON {
  rawJSON(text: string): RawJson;
  isRawJSON(value: unknown): value is RawJson;
}
