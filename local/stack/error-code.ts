/** The `code` of a system error, such as EADDRINUSE; undefined for anything else. */
export function errorCode(thrown: unknown): unknown {
  return typeof thrown === "object" && thrown !== null && "code" in thrown ? thrown.code : undefined;
}
