import { AppError, Trouble } from "./errors.ts";

/** Longest reason, in characters. */
const LONGEST = 300;
/** How much of a text is looked at, in characters. */
const LONGEST_LOOKED_AT = 4_000;
/** How deep errors within errors are followed. */
const DEEPEST = 3;
const MOST_FRAMES = 5;
/** A line of a stack trace: the function's name, if it has one, and its place. */
const FRAME = /^ {4}at (?:async |new )?(?:([\w.$<>]{1,80}) (?:\[as \w{1,80}\] )?)?\(?([^()\n]{1,300}:\d+:\d+)\)?$/gm;

/** Values that SDKs may quote from a connection string, a signed URL or a request's header. */
const SECRETS = /\b(SharedAccessKey|SharedAccessSignature|AccountKey|sig|Bearer)(\s*[=:]\s*|\s+)[^\s;&,"']+/gi;

/** Errors of Azure's SDKs whose text comes from the service, by name. */
const OF_SERVICES = new Set([
  "RestError",
  "ServiceBusError",
  "MessagingError",
  "AuthenticationError",
  "AuthenticationRequiredError",
  "AggregateAuthenticationError",
  "CredentialUnavailableError",
]);

/**
 * Why something failed, in one line of at most 300 characters, for operators; never a secret. It shows the text of our own errors
 * ({@link Trouble}, {@link AppError}) and of those that an Azure service answered, with their status and code; code and place of a connection
 * that failed; and only name and code of any other error, since parsers, patterns and HTTP clients quote their input. Never throws.
 */
export function readableReason(error: unknown): string {
  try {
    return reasonOf(error, 0);
  } catch {
    // The error's own properties cannot be read.
    return "an unexpected error";
  }
}

/** The text of an SDK's error, where the caller knows that it quotes no secret unless by name: its first line, masked and cut. */
export function textOfService(error: unknown): string {
  return firstLine(textOf(error, "message"), LONGEST);
}

/**
 * Where an error was thrown, innermost first, for errors whose text is not shown; undefined for the others, or when the error does not say.
 * Only names of functions and places in code.
 */
export function placeOf(error: unknown): string | undefined {
  try {
    if (error instanceof Trouble || error instanceof AppError || OF_SERVICES.has(textOf(error, "name")))
      return undefined;
    const [stack, message] = [textOf(error, "stack"), textOf(error, "message")];
    // The message comes before the frames, and may look like them.
    const start = stack.indexOf(message);
    if (start === -1) return undefined;
    const frames = [...stack.slice(start + message.length).matchAll(FRAME)].slice(0, MOST_FRAMES);
    const places = frames.map(([, name = "", place = ""]) => `${name} ${place.replace(/^.*[/\\]/, "")}`.trim());
    return places.length === 0 ? undefined : places.join(" < ");
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown, depth: number): string {
  if (error instanceof Trouble || error instanceof AppError) return firstLine(error.message, LONGEST);
  if (typeof error !== "object" || error === null) return `a thrown ${error === null ? "null" : typeof error}`;
  const [name, code] = [word(textOf(error, "name")) || "without a name", word(textOf(error, "code"))];
  if (OF_SERVICES.has(name)) return serviceReason(error, name, code);
  // Several failed tries come as one error; the last one says how it ended.
  const last: unknown = "errors" in error && Array.isArray(error.errors) ? error.errors.at(-1) : undefined;
  if (last !== undefined && depth < DEEPEST) return reasonOf(last, depth + 1);
  if ("syscall" in error && code !== "") return placeOfConnection(error, code);
  return `an unexpected error (${code === "" || code === name ? name : `${name} ${code}`})`;
}

function serviceReason(error: object, name: string, code: string): string {
  const status = "statusCode" in error && typeof error.statusCode === "number" ? String(error.statusCode) : "";
  const who = [name, status, code].filter((part) => part !== "").join(" ");
  const text = firstLine(textOf(error, "message"), LONGEST - who.length - 3);
  return text === "" ? who : `${text} (${who})`;
}

/** A failed call of the system: `connect ECONNREFUSED 127.0.0.1:5672`, `getaddrinfo ENOTFOUND vault.example`. */
function placeOfConnection(error: object, code: string): string {
  const port = "port" in error && typeof error.port === "number" ? `:${String(error.port)}` : "";
  const place = word(textOf(error, "address")) || word(textOf(error, "hostname"));
  return [word(textOf(error, "syscall")), code, place + port].filter((part) => part !== "").join(" ");
}

function textOf(error: unknown, property: string): string {
  if (typeof error !== "object" || error === null) return "";
  const value: unknown = Reflect.get(error, property);
  return typeof value === "string" ? value : "";
}

/** Names, codes and addresses as they are; empty for any other text. */
function word(text: string): string {
  return /^[\w.:%-]{1,100}$/.test(text) ? text : "";
}

function firstLine(text: string, longest: number): string {
  const masked = text.slice(0, LONGEST_LOOKED_AT).replaceAll(SECRETS, "$1$2•••").trim();
  const line = masked.split(/\r?\n/)[0] ?? "";
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
