import type { Attempt, Delivery } from "../shared/core/deliveries/delivery.ts";
import { DELIVERY_STATES } from "../shared/contract/delivery.ts";
import type { DeliveryStore } from "../shared/core/ports/deliveries.ts";
import { AppError, notFound } from "../shared/lib/errors.ts";
import type { Clock } from "../shared/lib/clock.ts";
import { PAGE_QUERY, pageRequest } from "./http/page.ts";
import { resource } from "./http/route.ts";
import type { Registration, RouteDeps } from "./http/route.ts";

export interface DeliveryRouteDeps extends RouteDeps {
  readonly deliveries: Pick<DeliveryStore, "get" | "attempts" | "list">;
  readonly clock: Clock;
}

/** `…/deliveries` and `…/deliveries/{id}`: what was sent, what came back, and why. Read-only. */
export function deliveryRoutes(deps: DeliveryRouteDeps): Registration[] {
  const list = resource(
    "deliveries",
    {
      GET: {
        role: "Webhooks.Read",
        query: ["webhookId", "state", "eventId", ...PAGE_QUERY],
        run: async ({ scope, query }) => {
          const filter = {
            webhookId: query.get("webhookId"),
            state: stateOf(query.get("state")),
            eventId: query.get("eventId"),
          };
          const { items, next } = await deps.deliveries.list(scope, filter, pageRequest(query), deps.clock());
          return { status: 200, body: { items: items.map((item) => listed(item)), next } };
        },
      },
    },
    deps,
  );
  const one = resource(
    "deliveries/{id}",
    {
      GET: {
        role: "Webhooks.Read",
        run: async ({ scope, id }) => {
          const row = await deps.deliveries.get(scope, id);
          if (!row) throw notFound();
          const attempts = await deps.deliveries.attempts(scope, id);
          // A row written between the two reads shows one attempt more, never one that is not there.
          return {
            status: 200,
            version: row.version,
            body: { ...common(row), attempts: attempts.map((attempt) => shown(attempt)) },
          };
        },
      },
    },
    deps,
  );
  return [list, one];
}

function stateOf(text: string | undefined): Delivery["state"] | undefined {
  if (text === undefined) return undefined;
  const state = DELIVERY_STATES.find((known) => known === text);
  if (state) return state;
  throw new AppError("malformed-request", `state must be one of ${DELIVERY_STATES.join(", ")}.`);
}

function listed(delivery: Delivery): object {
  return { ...common(delivery), attemptCount: delivery.attemptCount };
}

function common(delivery: Delivery): object {
  const { id, webhookId, eventId, eventType, state, createdAt, nextAttemptAt, reason } = delivery;
  return { id, webhookId, eventId, eventType, state, createdAt, nextAttemptAt, reason };
}

/** Field by field: what is stored may grow, the contract does not grow by accident. */
function shown(attempt: Attempt): object {
  const { number, startedAt, durationMs, outcome, mayBeRepeat, fault, request, response, timings } = attempt;
  return { number, startedAt, durationMs, outcome, mayBeRepeat, fault, request, response, timings };
}
