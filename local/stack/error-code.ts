/** The `code` of a system error, such as EADDRINUSE; undefined for anything else that was thrown. */
export function errorCode(thrown: unknown): unknown {
  return typeof thrown === "object" && thrown !== null && "code" in thrown ? thrown.code : undefined;
}
