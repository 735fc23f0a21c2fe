/** Longest reason, in characters. */
const LONGEST = 300;

/** Values that SDKs may quote from a connection string, a signed URL or a request's header. */
const SECRETS = /\b(SharedAccessKey|SharedAccessSignature|AccountKey|sig|Bearer)(\s*[=:]\s*|\s+)[^\s;&,"']+/gi;

/**
 * Why something of ours failed, in one line for operators: the first line of the error's message, never a secret. SDKs put ids, times and
 * whole requests in the lines below it.
 */
export function readableReason(error: unknown): string {
  const line = messageOf(error).replaceAll(SECRETS, "$1$2•••").trim().split(/\r?\n/)[0] ?? "";
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}

/**
 * A failed connection to a name with several addresses has an empty message; its code tells (`ECONNREFUSED`). Tries of the bus's SDK that all
 * failed come as one error with no message; the last of its `errors` tells.
 */
function messageOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  if ("message" in error && typeof error.message === "string" && error.message.trim() !== "") return error.message;
  if ("code" in error && typeof error.code === "string") return error.code;
  if ("errors" in error && Array.isArray(error.errors) && error.errors.length > 0)
    return messageOf(error.errors.at(-1));
  return "name" in error && typeof error.name === "string" ? error.name : "unknown";
}
