import type { Fault } from "../core/deliveries/delivery.ts";
import type { FaultKind } from "../contract/fault.ts";
import { CONNECT_TIMEOUT } from "./connector.ts";
import { AddressRefusedError, DeadlineError } from "./errors.ts";

/** Where a call went, and what is known about the receiver. */
export interface CallContext {
  /** `host:port` of the URL. */
  readonly host: string;
  /** It asked for a client certificate. */
  readonly certificateAsked: boolean;
}

/** What went wrong with a call, in words for the person who set the webhook up. */
export function faultOf(error: unknown, call: CallContext): Fault {
  if (error instanceof AddressRefusedError) return fault("address-refused", error.message);
  if (error instanceof DeadlineError)
    return fault("timeout", `The receiver did not answer within ${secondsOf(error.timeoutMs)}.`);
  if (call.certificateAsked) {
    return fault("tls", `${call.host} ${CERTIFICATE_WANTED}, and ended the connection without one.`);
  }
  const inner = firstOf(error);
  const code = codeOf(inner);
  if (inner instanceof AddressRefusedError) return fault("address-refused", inner.message);
  if (code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "EAI_FAIL" || code === "ENODATA") {
    const why = code === "EAI_AGAIN" ? "could not be looked up just now" : "does not exist";
    return fault("dns", `The host name of ${call.host} ${why} (${code}).`);
  }
  if (code === "UND_ERR_CONNECT_TIMEOUT") {
    return fault("connect", `No connection to ${call.host} within ${String(CONNECT_TIMEOUT / 1000)} s.`);
  }
  if (code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_NOT_SUPPORTED") {
    return fault("template", "The request cannot be sent: HTTP does not allow its URL or one of its headers.");
  }
  if (isTls(code)) return fault("tls", tlsMessage(code, call));
  if (nameOf(inner) === "HTTPParserError") return fault("connect", `The answer of ${call.host} is not valid HTTP.`);
  if (code === "ECONNREFUSED") return fault("connect", `${call.host} refuses connections.`);
  return fault("connect", brokenMessage(code, call));
}

function secondsOf(ms: number): string {
  return `${String(Math.round(ms / 100) / 10)} s`;
}

function brokenMessage(code: string, call: CallContext): string {
  const why = code === "" ? "" : ` (${code})`;
  return `The connection to ${call.host} broke before an answer came${why}.`;
}

const CERTIFICATE_WANTED = "wants a client certificate, which webhooks and credentials cannot have";

const CERTIFICATE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is signed by an authority that is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "its certificate's authority is not known (an intermediate certificate may be missing)",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate's authority is not known",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "its certificate's authority is not known (an intermediate certificate may be missing)",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host name",
  CERT_REVOKED: "its certificate was revoked",
};

/** What OpenSSL says when the other side does not speak TLS. */
const SPEAKS_NO_TLS = new Set(["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG"]);

function isTls(code: string): boolean {
  return code in CERTIFICATE || /^(ERR_SSL|ERR_TLS|ERR_OSSL|CERT_|EPROTO)/.test(code) || code.includes("_CERT");
}

function tlsMessage(code: string, call: CallContext): string {
  if (code.includes("CERTIFICATE_REQUIRED"))
    return `No secure connection: ${call.host} ${CERTIFICATE_WANTED} (${code}).`;
  const why = CERTIFICATE[code] ?? handshakeReason(code);
  return `No secure connection to ${call.host}: ${why} (${code}).`;
}

function handshakeReason(code: string): string {
  if (code.includes("HANDSHAKE_FAILURE")) return `it refused the handshake; most often it ${CERTIFICATE_WANTED}`;
  return SPEAKS_NO_TLS.has(code) ? "it does not speak TLS there" : "TLS failed";
}

/** Several addresses were tried: the first error stands for all. Not by `instanceof`: errors of Node may come from another realm. */
function firstOf(error: unknown): unknown {
  if (typeof error !== "object" || error === null || !("errors" in error) || !Array.isArray(error.errors)) return error;
  const errors: readonly unknown[] = error.errors;
  return errors[0] ?? error;
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
    ? error.code
    : "";
}

function nameOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "name" in error ? error.name : undefined;
}

function fault(kind: FaultKind, message: string): Fault {
  return { kind, message };
}
