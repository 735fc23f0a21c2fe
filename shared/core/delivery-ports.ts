import type { Attempt, Delivery, DeliveryState, Fault } from "./delivery.ts";
import type { ComeBack, KlsEvent } from "./event.ts";
import type { Page, PageRequest } from "./ports.ts";
import type { Scope } from "./scope.ts";

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

/** Sends a delivery back to the bus, to come again later. */
export interface Redelivery {
  /**
   * Durable once it resolves with `scheduled`. `too-large`: with its event the come-back is over the bus's message limit, though the event alone
   * was not. @throws when the bus cannot be reached.
   */
  schedule(comeBack: ComeBack, at: Date): Promise<"scheduled" | "too-large">;
}

/**
 * The redelivery of one client's bus, with the key that signs its messages in hand: asked for before a request leaves, so that no vault is
 * needed after it. @throws when the key cannot be had now
 */
export type OpenRedelivery = () => Promise<Redelivery>;

/** Settles a message other than by return or throw. */
export interface Settlement {
  /** Moves the message with this lock to the dead-letter queue. @throws when that fails; the message is still there then. */
  deadLetter(lockToken: string, reason: string, description: string): Promise<void>;
}

/** What a recorded attempt could not do any more when it was recorded: put its come-back on the bus, or pause its webhook. */
export type Debt = "come-back" | "pause";

/** A delivery's row, with what a claim needs. */
export interface DeliveryRow extends Delivery {
  /** Whoever finds the attempt recorded and this not null does it, and says so with {@link DeliveryStore.paid}. */
  readonly owed: Debt | null;
  readonly claimedUntil: Date | null;
  /** The run that holds or last held it. */
  readonly run: string;
  /** Changes with every write. */
  readonly version: string;
}

/** What a new row is made of. */
export interface NewDelivery {
  readonly scope: Scope;
  readonly id: string;
  readonly webhookId: string;
  readonly event: KlsEvent;
  readonly at: Date;
  /** Null when the run that opens it does not send now. */
  readonly claimedUntil: Date | null;
  /** Unique to this run; tells our own write from another's when an answer was lost. */
  readonly run: string;
}

/** What an attempt, or the decision that there will be none, makes of a row. */
export interface Outcome {
  readonly state: DeliveryState;
  readonly nextAttemptAt: Date | null;
  readonly reason: Fault | null;
  /** Absent when no attempt was made. */
  readonly attempt?: Attempt;
  /** Absent when nothing is. */
  readonly owed?: Debt;
}

/** A write that another run may have been faster with. */
export interface Claimed {
  readonly kind: "claimed" | "taken";
  readonly row: DeliveryRow;
}

export interface DeliveryQuery {
  readonly webhookId?: string | undefined;
  readonly state?: DeliveryState | undefined;
  readonly eventId?: string | undefined;
}

export interface DeliveryStore {
  /** Inserts the row, with its claim if any; `taken` with the row that is there when there is one already. */
  open(delivery: NewDelivery): Promise<Claimed>;
  /** Claims an existing row if nobody wrote it meanwhile; else `taken` with the row as it is now. */
  claim(scope: Scope, row: DeliveryRow, claimedUntil: Date, run: string): Promise<Claimed>;
  /** Writes the outcome and ends the claim. False when another run has taken the row over. */
  record(scope: Scope, row: DeliveryRow, outcome: Outcome): Promise<boolean>;
  /** Says when a delivery that no run holds is due next; says nothing when another run has written the row meanwhile. */
  putOff(scope: Scope, row: DeliveryRow, nextAttemptAt: Date): Promise<void>;
  /** Notes that what was owed is done; nothing happens when another run has written the row meanwhile. */
  paid(scope: Scope, row: DeliveryRow): Promise<void>;
  /** Ends a claim without an outcome, as if its time were up: whoever comes next may try at once. */
  release(scope: Scope, row: DeliveryRow, at: Date): Promise<void>;
  get(scope: Scope, id: string): Promise<DeliveryRow | undefined>;
  /** The deliveries of one event, whatever its webhooks are now. */
  ofEvent(event: KlsEvent): Promise<readonly DeliveryRow[]>;
  /** In order of number. */
  attempts(scope: Scope, id: string): Promise<readonly Attempt[]>;
  /**
   * Newest first, over the days that are kept. May give fewer than asked, or none, and still a cursor: the work per page is bounded.
   * @throws AppError `malformed-request` for a cursor that is not one of ours.
   */
  list(scope: Scope, query: DeliveryQuery, page: PageRequest, now: Date): Promise<Page<Delivery>>;
}
