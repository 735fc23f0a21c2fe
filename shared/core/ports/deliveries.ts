import type { DeliveryState } from "../../contract/delivery.ts";
import type { EventType } from "../../contract/event-types.ts";
import type { FaultKind } from "../../contract/fault.ts";
import type { Attempt, Delivery, Fault } from "../deliveries/delivery.ts";
import type { KlsEvent } from "../events/event.ts";
import type { Page, PageRequest } from "./pages.ts";
import type { Scope } from "../scope.ts";

/** What a recorded attempt could not do any more when it was recorded: put its retry message on the bus, or pause its webhook. */
export type Debt = "retry-message" | "pause";

/** A delivery as it is stored, with what a claim needs. */
export interface DeliveryRow extends Delivery {
  /** Whoever finds the attempt recorded and this not null does it, and says so with {@link DeliveryStore.paid}. */
  readonly owed: Debt | null;
  readonly claimedUntil: Date | null;
  /** The run that holds or last held it. */
  readonly run: string;
  /** Changes with every write. */
  readonly version: string;
  /** False while the event's own row is all that says so: it was opened, and nothing has come of it yet. */
  readonly written: boolean;
}

/** The deliveries of one event that one run opens together. */
export interface NewDeliveries {
  readonly event: KlsEvent;
  readonly at: Date;
  /** Unique to this run; tells our own write from another's when an answer was lost. */
  readonly run: string;
  readonly deliveries: readonly NewDelivery[];
}

export interface NewDelivery {
  readonly id: string;
  readonly webhookId: string;
  /** Null when the run that opens it does not send now. */
  readonly claimedUntil: Date | null;
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

/** What a list of deliveries is narrowed to; of several values any one will do. */
export interface DeliveryQuery {
  readonly webhookId?: string | undefined;
  readonly states?: readonly DeliveryState[] | undefined;
  readonly eventTypes?: readonly EventType[] | undefined;
  /** Kinds of the present reason. */
  readonly faults?: readonly FaultKind[] | undefined;
  readonly eventId?: string | undefined;
  /** A `memberId`, by its digits if it is a number, or a `memberEmail` in any letter case. */
  readonly member?: string | undefined;
  /** Created at this time or later. */
  readonly from?: Date | undefined;
  /** Created before this time. */
  readonly to?: Date | undefined;
}

export interface DeliveryStore {
  /**
   * Keeps the event and opens its deliveries, which are `pending` and claimed as told from then on. Of several runs with the same event one
   * opens it, and the others get `taken` with each delivery as it is. In the order of `deliveries`.
   */
  open(opened: NewDeliveries): Promise<readonly Claimed[]>;
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
  /** The delivery's event as it came, numbers with their digits (exact-json.ts); undefined when it is not kept any more. */
  event(scope: Scope, id: string): Promise<unknown>;
  /**
   * Newest first, over the days that are kept. May give fewer than asked, or none, and still a cursor: the work per page is bounded.
   * @throws AppError `malformed-request` for a cursor that is not one of ours.
   */
  list(scope: Scope, query: DeliveryQuery, page: PageRequest, now: Date): Promise<Page<Delivery>>;
}
