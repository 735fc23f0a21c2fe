import { Trouble } from "./errors.ts";

/** A failure on our side that can pass by itself, where no error of an SDK says so: a time limit, rows that others wrote first. */
export class PassingTrouble extends Trouble {
  constructor(message: string) {
    super(message);
    this.name = "PassingTrouble";
  }
}

/**
 * Statuses of tables and vault after which the same call can succeed: rights and firewall rules that take effect late (401, 403), what was
 * deleted and is created by the next try (404), timeouts (408), rows that others wrote (409, 412), too many calls (429). Every 5xx except 501 too.
 */
const STATUSES: ReadonlySet<number> = new Set([401, 403, 404, 408, 409, 412, 429]);

/** Codes of Node, undici and the SDKs for connections that could not be made or were lost. */
const CODES: ReadonlySet<string> = new Set([
  "EADDRNOTAVAIL",
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "EMFILE",
  "ENETDOWN",
  "ENETRESET",
  "ENETUNREACH",
  "ENFILE",
  "ENOBUFS",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "ERR_SOCKET_CONNECTION_TIMEOUT",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ERR_TLS_HANDSHAKE_TIMEOUT",
  "UND_ERR_ABORTED",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_SOCKET",
  // @azure/core-rest-pipeline: no answer, or one that was cut off.
  "REQUEST_SEND_ERROR",
  "PARSE_ERROR",
]);

/** Codes of the bus that the SDK does not retry and that can pass nevertheless: an operator mends it, or the message is delivered again. */
const BUS_CODES: ReadonlySet<string> = new Set([
  "MessageLockLost",
  "MessagingEntityDisabled",
  "MessagingEntityNotFound",
  "QuotaExceeded",
  "ServiceBusy",
  "ServiceCommunicationProblem",
  "ServiceTimeout",
  "UnauthorizedAccess",
]);

const NAMES: ReadonlySet<string> = new Set([
  "AbortError",
  "CredentialUnavailableError",
  "PassingTrouble",
  "TimeoutError",
]);

/** How deep causes are followed; errors can name each other as their cause. */
const MOST_CAUSES = 5;

/**
 * Whether a failure on our side can pass by itself, so that trying again makes sense: tables, bus, vault or identity could not be reached, were
 * too busy, or were changed by others at the same time. It lists what is known to pass. Everything else is a fault of the program, of a message
 * or of a stored row, and would fail again.
 */
export function isPassing(error: unknown): boolean {
  return passes(error, MOST_CAUSES);
}

function passes(error: unknown, causes: number): boolean {
  if (typeof error !== "object" || error === null || causes < 0) return false;
  const name = textOf(error, "name");
  if (NAMES.has(name) || CODES.has(textOf(error, "code"))) return true;
  if (name === "ServiceBusError" || name === "MessagingError") return isPassingOnTheBus(error);
  if ("statusCode" in error && typeof error.statusCode === "number")
    return STATUSES.has(error.statusCode) || (error.statusCode >= 500 && error.statusCode !== 501);
  // Several tries, or several addresses of one name: the last error says how it ended.
  if ("errors" in error && Array.isArray(error.errors) && error.errors.length > 0)
    return passes(error.errors.at(-1), causes - 1);
  return "cause" in error && passes(error.cause, causes - 1);
}

/** The SDK reports a failed connection as a "GeneralError" that is not retryable; the system call gives it away. */
function isPassingOnTheBus(error: object): boolean {
  if (BUS_CODES.has(textOf(error, "code")) || textOf(error, "syscall") !== "") return true;
  return "retryable" in error && error.retryable === true;
}

function textOf(error: object, key: "name" | "code" | "syscall"): string {
  const value: unknown = Reflect.get(error, key);
  return typeof value === "string" ? value : "";
}
