import type { DeliveryState, Trigger } from "../../contract/delivery.ts";
import type { EventType } from "../../contract/event-types.ts";
import type { FaultKind } from "../../contract/fault.ts";
import type { Unknown } from "../../contract/unknown.ts";

/** Why an attempt failed or a delivery ended, in words for the person who set the webhook up. */
export interface Fault {
  readonly kind: FaultKind | Unknown;
  readonly message: string;
}

export interface HeaderPair {
  readonly key: string;
  readonly value: string;
}

/** What was sent, as people see it: secrets and tokens already masked. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly HeaderPair[];
  readonly body: string;
}

/** What came back, as people see it: secrets masked, at most 64 KB of body. */
export interface SeenResponse {
  readonly status: number;
  readonly headers: readonly HeaderPair[];
  readonly body: string;
  readonly truncated: boolean;
}

export interface Timings {
  readonly tokenMs?: number;
  readonly connectMs?: number;
  readonly firstByteMs?: number;
}

/** One try at one webhook, for the record. `request` is absent when nothing could be rendered. */
export interface Attempt {
  /** From 1. */
  readonly number: number;
  readonly trigger: Trigger | Unknown;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly outcome: "delivered" | "failed" | Unknown;
  /** True when an earlier run of this attempt may have reached the receiver before it crashed. */
  readonly mayBeRepeat: boolean;
  readonly fault?: Fault;
  readonly request?: SentRequest;
  readonly response?: SeenResponse;
  readonly timings: Timings;
}

/** One event going to one webhook. */
export interface Delivery {
  readonly id: string;
  readonly webhookId: string;
  readonly eventId: string;
  readonly eventSource: string;
  readonly eventType: EventType | Unknown;
  readonly eventTime: Date;
  readonly state: DeliveryState | Unknown;
  readonly createdAt: Date;
  readonly nextAttemptAt: Date | null;
  readonly reason: Fault | null;
  readonly attemptCount: number;
  /** Of the last attempt; null without one, or when nothing was answered. */
  readonly lastStatus: number | null;
  /** Of the last attempt, in milliseconds; null without one. */
  readonly lastDurationMs: number | null;
}
