import type { Webhook } from "../core/configuration/webhook.ts";
import type { DeliveryRow } from "../core/ports/deliveries.ts";
import type { RetryMessage } from "../core/events/retry-message.ts";
import type { KlsEvent } from "../core/events/event.ts";
import { parseMessage } from "../core/events/message.ts";
import { readRetryMessage } from "../core/events/retry-message.ts";
import { matches } from "../core/deliveries/matching.ts";
import { Trouble } from "../lib/errors.ts";
import { isPassing } from "../lib/passing-trouble.ts";
import { readableReason } from "../lib/readable-reason.ts";
import { whyNotOurs } from "./authenticate.ts";
import type { DeliveryDeps, MessageDeps } from "./deps.ts";
import { firstOf, startDeliveries } from "./start-deliveries.ts";
import { cannotBeRead } from "./webhook-cache.ts";
import { lastingTrouble } from "./own-trouble.ts";
import { resumeDelivery } from "./resume-delivery.ts";

/** A message as it comes off one client's queue. */
export interface Arrival {
  readonly client: string;
  /** The exact bytes of the body; or why it has none; or undefined when the host passed something other than bytes. */
  readonly body: Uint8Array | Trouble | undefined;
  readonly enqueuedAt: Date;
  /** What settles it. */
  readonly lockToken: string;
  /** From 1; higher when an earlier run of this message crashed or threw. */
  readonly deliveryCount: number;
}

/** Why a message is dead-lettered: its property `DeadLetterReason`, by which operators filter. */
export type DeadLetterReason =
  /** It is neither a valid event nor a valid message of our own. */
  | "NotAnEvent"
  /** It claims to be our own, and is not. */
  | "NotAuthentic"
  /** We failed, and would fail again. */
  | "CannotBeHandled"
  /** We failed each time, for reasons that could have passed. */
  | "GivenUp";

/**
 * How many times a message is delivered before it goes to the dead-letter queue. The same as `maxDeliveryCount` in infra/bus.json, at which the
 * queue itself would dead-letter it, but without a reason.
 */
export const MOST_DELIVERIES = 10;

/**
 * What happens to a message: an event goes to every webhook that matches it, a retry message to its own webhook once it is proven to be ours, and
 * anything else to the dead-letter queue with a reason (rule E5).
 *
 * Returning settles the message: each of its deliveries is recorded, or scheduled to come back. A receiver's failure never throws, and what would
 * fail every time is dead-lettered at once, after the message's other deliveries.
 * @throws when our own tables, bus or vault failed for now, so that the bus redelivers the message; deliveries that are done by then are not
 * repeated
 */
export async function deliverMessage(arrival: Arrival, deps: MessageDeps): Promise<void> {
  try {
    await handle(arrival, deps);
  } catch (error) {
    if (!isPassing(error)) await deadLetter(arrival, "CannotBeHandled", lastingTrouble(error), deps);
    else if (arrival.deliveryCount < MOST_DELIVERIES) throw error;
    else await deadLetter(arrival, "GivenUp", givenUp(arrival.deliveryCount, error), deps);
  }
}

function givenUp(deliveryCount: number, error: unknown): string {
  return `This could not be handled ${String(deliveryCount)} times, the last time because: ${readableReason(error)}`;
}

const NO_BYTES =
  "The host gave neither the whole message nor the bytes of its body, so the function's binding is wrong.";

async function handle(arrival: Arrival, deps: MessageDeps): Promise<void> {
  const { body } = arrival;
  if (body === undefined) {
    await deadLetter(arrival, "CannotBeHandled", NO_BYTES, deps);
    return;
  }
  if (body instanceof Trouble) {
    await deadLetter(arrival, "NotAnEvent", body.message, deps);
    return;
  }
  const message = await deps.turns(arrival.client, () => parseMessage(body, arrival.enqueuedAt, arrival.client));
  switch (message.kind) {
    case "event":
      await deliverEvent(message.event, arrival.deliveryCount, deps);
      return;
    case "retry-message":
      await ownMessage(message.raw, body, arrival, deps);
      return;
    case "unknown-type":
      // A newer KLS may send it; no webhook can have asked for it.
      deps.log("info", "message.ignored", { client: arrival.client, type: message.type });
      return;
    case "invalid":
      await deadLetter(arrival, "NotAnEvent", message.reason, deps);
  }
}

/** Nothing in it is trusted, looked up or written before its MAC is verified: whoever may publish on the topic can write the rest. */
async function ownMessage(raw: unknown, body: Uint8Array, arrival: Arrival, deps: MessageDeps): Promise<void> {
  const { client, enqueuedAt } = arrival;
  const forged = await whyNotOurs(body, client, deps.messageKeys);
  if (forged !== undefined) {
    await deadLetter(arrival, "NotAuthentic", forged, deps);
    return;
  }
  const message = readRetryMessage(raw, enqueuedAt, client);
  if (message.kind === "invalid") await deadLetter(arrival, "NotAnEvent", message.reason, deps);
  else await resume(message.retryMessage, await delivering(deps));
}

async function delivering({ openRetryScheduler, ...deps }: MessageDeps): Promise<DeliveryDeps> {
  return { ...deps, retryScheduler: await openRetryScheduler() };
}

async function deadLetter(
  arrival: Arrival,
  code: DeadLetterReason,
  reason: string,
  deps: Pick<DeliveryDeps, "settlement" | "log">,
): Promise<void> {
  await deps.settlement.deadLetter(arrival.lockToken, code, reason);
  deps.log("warn", "message.dead_lettered", { client: arrival.client, code, reason });
}

async function deliverEvent(event: KlsEvent, deliveryCount: number, messageDeps: MessageDeps): Promise<void> {
  const stored = await messageDeps.webhookCache.all(event.scope);
  const webhooks = stored.webhooks.filter((webhook) => matches(webhook, event));
  const unreadable = stored.unreadable.filter((webhook) => matches(webhook, event));
  if (webhooks.length + unreadable.length === 0 && deliveryCount <= 1) return;
  const deps = await delivering(messageDeps);
  const jobs = [started(webhooks, event, deps)];
  jobs.push(...unreadable.map((webhook) => Promise.reject(cannotBeRead(webhook))));
  if (deliveryCount > 1) jobs.push(finishOrphans(event, new Set(webhooks.map(({ id }) => id)), deps));
  await allDone(jobs);
}

async function started(webhooks: readonly Webhook[], event: KlsEvent, deps: DeliveryDeps): Promise<void> {
  await allDone(await startDeliveries(webhooks, event, deps));
}

/**
 * A crashed run may have opened deliveries for webhooks that no longer match (paused or deleted meanwhile). Their rows would stay `pending` forever,
 * so they are ended too.
 */
async function finishOrphans(event: KlsEvent, matched: ReadonlySet<string>, deps: DeliveryDeps): Promise<void> {
  const rows = await deps.deliveries.ofEvent(event);
  const isOpen = (row: DeliveryRow): boolean => row.attemptCount === 0 || row.owed !== null;
  const orphans = rows.filter((row) => isOpen(row) && !matched.has(row.webhookId));
  await allDone(orphans.map((row) => resumeDelivery(row, firstOf(row, event), deps)));
}

async function resume(due: RetryMessage, deps: DeliveryDeps): Promise<void> {
  const row = (await deps.deliveries.get(due.scope, due.deliveryId)) ?? (await restore(due, deps));
  await resumeDelivery(row, due, deps);
}

/**
 * The row of a retry message is missing when the tables were restored to an older state. The message has everything that is needed, so the delivery
 * continues in a new row, which counts as claimed by a run that died.
 */
async function restore(
  { scope, deliveryId: id, webhookId, event }: RetryMessage,
  deps: DeliveryDeps,
): Promise<DeliveryRow> {
  const at = deps.clock();
  const deliveries = [{ id, webhookId, claimedUntil: at }];
  const [opened] = await deps.deliveries.open({ event, at, run: deps.newRun(), deliveries });
  if (!opened) throw new Trouble("A delivery was opened but not returned.");
  deps.log("warn", "delivery.restored", { ...scope, deliveryId: id, webhookId });
  return opened.row;
}

/** Waits for all, so that one's failure never interrupts another, then throws the first failure, preferably one that can pass. */
async function allDone(jobs: readonly Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(jobs);
  const troubles = ends.flatMap((end): unknown[] => (end.status === "rejected" ? [end.reason] : []));
  if (troubles.length > 0) throw troubles.find(isPassing) ?? troubles[0];
}
