import type { EventType } from "../../contract/event-types.ts";
import type { Secret } from "../secret.ts";
import type { SuccessRule } from "../../contract/success-rule.ts";
import type { PersonalizationAttribute, RetryPolicyName } from "../../contract/webhook.ts";

/** One header of a webhook. The value may hold placeholders and is sealed at rest, marked secret or not (rule W12). */
export interface WebhookHeader {
  readonly key: string;
  readonly value: Secret;
  /** True: the API never gives the value back and the delivery log masks it. */
  readonly secret: boolean;
}

/** What an admin configures: the body of POST and PUT, after validation. */
export interface WebhookConfig {
  readonly name: string;
  readonly description: string;
  readonly eventGroup: "member-rewards";
  /** Empty means all. */
  readonly eventTypes: readonly EventType[];
  readonly method: "POST";
  readonly url: string;
  readonly credentialId: string | null;
  readonly headers: readonly WebhookHeader[];
  readonly body: string;
  readonly attributes: readonly PersonalizationAttribute[];
  readonly retryPolicy: RetryPolicyName;
  readonly timeoutSeconds: number;
  readonly success: SuccessRule;
}

/** A stored webhook. */
export interface Webhook extends WebhookConfig {
  readonly id: string;
  readonly enabled: boolean;
  /** Why it is paused, for people; null while enabled. */
  readonly pausedReason: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Changes with every write: the ETag of the row. Compiled templates are cached under it. */
  readonly version: string;
}
