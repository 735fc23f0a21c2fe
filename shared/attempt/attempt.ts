import type { Trigger } from "../contract/delivery.ts";
import type { Webhook } from "../core/configuration/webhook.ts";
import type { Decision } from "../core/deliveries/decide.ts";
import type { Attempt } from "../core/deliveries/delivery.ts";
import type { KlsEvent } from "../core/events/event.ts";
import type { PreparedSecrets } from "../core/masking/mask.ts";
import type { Hidden } from "../core/masking/parts.ts";
import type { Send, TokenSource } from "../core/ports/outbound.ts";
import type { CompiledWebhook } from "../core/requests/render-request.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Pieces } from "../lib/pieces.ts";
import type { Turns } from "../lib/turns.ts";

/** A webhook as an attempt needs it, stored or not. */
export interface AttemptedWebhook {
  readonly settings: Webhook;
  /** Its templates; called within a turn of its client. */
  compiled(): CompiledWebhook;
  /** The secrets of one of its attempts, prepared for masking. */
  prepared(secrets: readonly Hidden[]): Pieces<PreparedSecrets>;
}

/** What is to be attempted. */
export interface AttemptInput {
  readonly deliveryId: string;
  readonly webhook: AttemptedWebhook;
  readonly event: KlsEvent;
  /** From 1. */
  readonly number: number;
  readonly trigger: Trigger;
  readonly mayBeRepeat: boolean;
}

/** What came of it. */
export interface AttemptResult {
  /** What follows for the delivery; what follows for the token is done already. */
  readonly decision: Decision;
  /** The attempt as people see it: without secrets. */
  readonly attempt: Attempt;
  /** Origin of the URL, for logs, without secrets; undefined when nothing was sent. */
  readonly origin: string | undefined;
}

/** What an attempt needs of the outside. */
export interface AttemptDeps {
  readonly tokens: TokenSource;
  readonly send: Send;
  /** For rendering and masking, which need the processor for long when someone wants them to. */
  readonly turns: Turns;
  readonly clock: Clock;
  /** 0 up to 1; spreads retries. */
  readonly random: () => number;
  /** What receivers see as `user-agent`, for example `KLS-Webhooks/1.0.0`. */
  readonly userAgent: string;
  /** Never throws. */
  readonly log: Log;
}

/** An attempt under way. */
export interface Attempting {
  readonly input: AttemptInput;
  readonly startedAt: Date;
  readonly deps: AttemptDeps;
}

/** What is left of the attempt's time, in milliseconds; at least a second, so that a slow token leaves a chance. */
export function timeLeftMs({ input, startedAt, deps }: Attempting): number {
  const spentMs = deps.clock().getTime() - startedAt.getTime();
  return Math.max(input.webhook.settings.timeoutSeconds * 1_000 - spentMs, 1_000);
}
