import type { Fault } from "../deliveries/delivery.ts";
import type { Scope } from "../scope.ts";

/** A request as it leaves. */
export interface OutboundRequest {
  readonly method: "POST" | "GET";
  /** Absolute https URL. */
  readonly url: string;
  readonly headers: readonly (readonly [key: string, value: string])[];
  /** Text is sent as UTF-8, bytes as they are; empty with GET. */
  readonly body: string | Uint8Array;
  /** For the whole call: waiting for a connection, connecting, sending, and reading the answer to its end. */
  readonly timeoutMs: number;
  /** How much of the answer's body is read, in bytes (decoded too); the rest is cut off. */
  readonly maxBytes: number;
}

export interface OutboundTimings {
  /** From the call until a connection was ready. */
  readonly connectMs?: number;
  /** From the call until the answer began. */
  readonly firstByteMs?: number;
}

/** What became of a request; a call never throws for what the other side does. */
export type OutboundReply =
  | {
      readonly kind: "answered";
      readonly status: number;
      /** Lower-case keys, in the order of the answer; repeated ones repeated. */
      readonly headers: readonly { readonly key: string; readonly value: string }[];
      readonly body: string;
      readonly truncated: boolean;
      readonly timings: OutboundTimings;
    }
  | { readonly kind: "failed"; readonly fault: Fault; readonly timings: OutboundTimings };

/** The only way to the network. */
export type Send = (request: OutboundRequest) => Promise<OutboundReply>;

/** A token, where it goes, and what must not be shown of it. */
export interface Token {
  readonly kind: "token";
  readonly header: string;
  /** The header's whole value, prefix included. */
  readonly value: string;
  /** The token alone. */
  readonly text: string;
  /** Everything about it that must be masked: the token, its header value, the credential's secrets. */
  readonly secrets: readonly string[];
}

export interface TokenSource {
  /**
   * A token that is valid for at least a moment, from the cache or newly asked for; waits at most `timeoutMs`. Never throws: a
   * credential that is gone, unreadable or refused is a fault of kind `credential` (or `address-refused`).
   */
  get(
    scope: Scope,
    credentialId: string,
    timeoutMs: number,
  ): Promise<Token | { readonly kind: "fault"; readonly fault: Fault }>;
  /** Forgets this token, if it is still the one in the cache: the receiver refused it. */
  drop(token: Token): void;
}

/** A request to a service of the platform that the settings name, never to a third party. */
export interface ServiceRequest {
  readonly method: "GET" | "POST";
  /** Absolute URL: https, or http in development. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null with GET. */
  readonly body: string | null;
  /** Until the answer begins, and between its parts. */
  readonly timeoutMs: number;
}

/** Answers of every status are values. @throws what the connection throws, when there is no answer */
export type CallService = (request: ServiceRequest) => Promise<{
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}>;
