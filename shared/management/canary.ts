import { notFound } from "../lib/errors.ts";
import { KLS_TYPE_PREFIX } from "../contract/event-types.ts";
import type { OperatedBus } from "../core/ports/operations.ts";
import type { Clock } from "../lib/clock.ts";
import type { Scope } from "../core/scope.ts";
import { withinLimit } from "../lib/time-limit.ts";
import { busNotEnabled } from "./outcomes.ts";

/** The only program that canaries are published for, so that none ever meets a program's own webhooks. */
const CANARY_PROGRAM = "canary";
const SOURCE = "urn:kls-webhooks:canary";

export interface CanaryDeps {
  /** The bus of every client that has one. */
  readonly buses: ReadonlyMap<string, Pick<OperatedBus, "publish">>;
  readonly clock: Clock;
  /** Time that the bus has to take the event, in milliseconds. */
  readonly publishMs: number;
  /** A new UUID. */
  readonly newId: () => string;
}

/** A canary on its way. Its delivery is found by the event's id. */
export interface Canary {
  readonly eventId: string;
  readonly publishedAt: Date;
}

/**
 * Publishes an event of no member on the client's own topic. From there it takes the way of every event: the forwarding to the queue,
 * the client's function, the webhooks of the scope.
 * @throws AppError `not-found` for any program but `canary`, `service-bus-not-enabled` for a client without a bus; any other error when
 * the bus does not take the event within `publishMs`
 */
export async function publishCanary(scope: Scope, deps: CanaryDeps): Promise<Canary> {
  if (scope.program !== CANARY_PROGRAM) throw notFound();
  const bus = deps.buses.get(scope.client);
  if (!bus) throw busNotEnabled(scope.client);
  const canary = { eventId: `canary-${deps.newId()}`, publishedAt: deps.clock() };
  const body = canaryEvent(scope, canary);
  await withinLimit(deps.publishMs, (signal) => bus.publish(canary.eventId, body, signal));
  return canary;
}

function canaryEvent({ program, environment }: Scope, { eventId, publishedAt }: Canary): string {
  return JSON.stringify({
    specversion: "1.0",
    id: eventId,
    source: SOURCE,
    type: `${KLS_TYPE_PREFIX}reward.issued`,
    time: publishedAt.toISOString(),
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
