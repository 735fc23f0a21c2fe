import { KLS_TYPE_PREFIX } from "../contract/event-types.ts";
import type { CanaryAnswer } from "../contract/operations.ts";
import { notFound } from "../lib/errors.ts";
import type { OperatedBus } from "../core/ports/operations.ts";
import type { Clock } from "../lib/clock.ts";
import type { Scope } from "../core/scope.ts";
import { withinLimit } from "../lib/time-limit.ts";
import { busNotEnabled } from "./outcomes.ts";

/** Canaries are published for this program only, so that none ever reaches a real program's webhooks. */
const CANARY_PROGRAM = "canary";
const SOURCE = "urn:kls-webhooks:canary";

export interface CanaryDeps {
  /** The bus of every client that has one. */
  readonly buses: ReadonlyMap<string, Pick<OperatedBus, "publish">>;
  readonly clock: Clock;
  /** How long the bus may take to accept the event, in milliseconds. */
  readonly publishMs: number;
  /** A new UUID. */
  readonly newId: () => string;
}

/**
 * Publishes an event of no member on the client's own topic. From there it goes the way of every event: forwarding to the queue, the client's
 * function, the webhooks of the scope.
 * @throws AppError `not-found` for any program but `canary`, `service-bus-not-enabled` for a client without a bus; any other error if the bus does
 * not accept the event within `publishMs`
 */
export async function publishCanary(scope: Scope, deps: CanaryDeps): Promise<CanaryAnswer> {
  if (scope.program !== CANARY_PROGRAM) throw notFound();
  const bus = deps.buses.get(scope.client);
  if (!bus) throw busNotEnabled(scope.client);
  const canary = { eventId: `canary-${deps.newId()}`, publishedAt: deps.clock().toISOString() };
  const body = canaryEvent(scope, canary);
  await withinLimit(deps.publishMs, (signal) => bus.publish(canary.eventId, body, signal));
  return canary;
}

function canaryEvent({ program, environment }: Scope, { eventId, publishedAt }: CanaryAnswer): string {
  return JSON.stringify({
    specversion: "1.0",
    id: eventId,
    source: SOURCE,
    type: `${KLS_TYPE_PREFIX}reward.issued`,
    time: publishedAt,
    datacontenttype: "application/json",
    data: {
      program,
      environment,
      attributes: {
        memberId: "canary",
        memberEmail: "canary@example.com",
        rewardId: "canary",
        points: 1,
      },
    },
  });
}
