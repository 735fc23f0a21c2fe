import type { AttemptDeps } from "../attempt/attempt.ts";
import type { DeliveryStore } from "../core/ports/deliveries.ts";
import type { OpenRetryScheduler, RetryScheduler, Settlement } from "../core/ports/bus.ts";
import type { PreparedSecrets } from "../core/masking/mask.ts";
import type { Hidden } from "../core/masking/parts.ts";
import type { Pieces } from "../lib/pieces.ts";
import type { MessageKeys } from "../core/ports/secrets.ts";
import type { StoredWebhooks, WebhookStore } from "../core/ports/configuration.ts";
import type { CompiledWebhook } from "../core/requests/render-request.ts";
import type { Scope } from "../core/scope.ts";
import type { Webhook } from "../core/configuration/webhook.ts";
import type { Slots } from "./slots.ts";

/** Webhooks as deliveries see them: never staler than the question. */
export interface WebhookCache {
  /** Every webhook of the scope. */
  all(scope: Scope): Promise<StoredWebhooks>;
  /** One of them; undefined when it was deleted. @throws when it cannot be read */
  get(scope: Scope, id: string): Promise<Webhook | undefined>;
  /** Its templates, compiled once per version. */
  compiled(webhook: Webhook): CompiledWebhook;
  /** The secrets of one of its attempts, prepared for masking: once, as long as its attempts have the same ones. */
  prepared(webhook: Webhook, secrets: readonly Hidden[]): Pieces<PreparedSecrets>;
}

/**
 * What delivering needs from outside, once there is something to deliver. `retryScheduler` and `settlement` are those of one client's bus.
 */
export interface DeliveryDeps extends AttemptDeps {
  readonly webhookCache: WebhookCache;
  readonly webhooks: Pick<WebhookStore, "setPaused">;
  readonly deliveries: DeliveryStore;
  /** One for the whole process. */
  readonly slots: Slots;
  readonly retryScheduler: RetryScheduler;
  readonly settlement: Settlement;
  /** Resolves after so many milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
  /** A text that is unique to a run. */
  readonly newRun: () => string;
}

/** What handling a message needs from outside. */
export interface MessageDeps extends Omit<DeliveryDeps, "retryScheduler"> {
  readonly openRetryScheduler: OpenRetryScheduler;
  readonly messageKeys: Pick<MessageKeys, "keyNamed">;
}
