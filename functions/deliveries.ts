import type { Attempt, Delivery } from "../shared/core/deliveries/delivery.ts";
import { DELIVERY_STATES } from "../shared/contract/delivery.ts";
import { EVENT_TYPES } from "../shared/contract/event-types.ts";
import { FAULT_KINDS } from "../shared/contract/fault.ts";
import { parseTime } from "../shared/core/events/event-time.ts";
import type { DeliveryQuery, DeliveryStore } from "../shared/core/ports/deliveries.ts";
import { AppError, notFound } from "../shared/lib/errors.ts";
import type { Clock } from "../shared/lib/clock.ts";
import { PAGE_QUERY, pageRequest } from "./http/page.ts";
import { resource } from "./http/route.ts";
import type { Registration, RouteDeps } from "./http/route.ts";

export interface DeliveryRouteDeps extends RouteDeps {
  readonly deliveries: Pick<DeliveryStore, "get" | "attempts" | "event" | "list">;
  readonly clock: Clock;
}

const FILTERS = ["webhookId", "state", "eventType", "fault", "eventId", "member", "from", "to"] as const;

/** `…/deliveries` and `…/deliveries/{id}`: what was sent, what came back, and why. Read-only. */
export function deliveryRoutes(deps: DeliveryRouteDeps): Registration[] {
  const list = resource(
    "deliveries",
    {
      GET: {
        role: "Webhooks.Read",
        query: [...FILTERS, ...PAGE_QUERY],
        run: async ({ scope, query }) => {
          const { items, next } = await deps.deliveries.list(scope, filterOf(query), pageRequest(query), deps.clock());
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
          const [attempts, event] = await Promise.all([
            deps.deliveries.attempts(scope, id),
            deps.deliveries.event(scope, id),
          ]);
          // A row written between the reads shows one attempt more, never one that is not there.
          return {
            status: 200,
            version: row.version,
            body: { ...common(row), attempts: attempts.map((attempt) => shown(attempt)), event: event ?? null },
          };
        },
      },
    },
    deps,
  );
  return [list, one];
}

function filterOf(query: ReadonlyMap<string, string>): DeliveryQuery {
  return {
    webhookId: query.get("webhookId"),
    states: someOf("state", DELIVERY_STATES, query),
    eventTypes: someOf("eventType", EVENT_TYPES, query),
    faults: someOf("fault", FAULT_KINDS, query),
    eventId: query.get("eventId"),
    member: query.get("member"),
    from: timeIn("from", query),
    to: timeIn("to", query),
  };
}

/** A comma-separated list of words. @throws AppError `malformed-request` for a word that is not one of them */
function someOf<T extends string>(
  name: string,
  words: readonly T[],
  query: ReadonlyMap<string, string>,
): T[] | undefined {
  return query
    .get(name)
    ?.split(",")
    .map((word) => {
      const known = words.find((one) => one === word);
      if (known !== undefined) return known;
      const detail = `${name} must be one or more of ${words.join(", ")}, separated by commas.`;
      throw new AppError("malformed-request", detail);
    });
}

/** @throws AppError `malformed-request` for what is not a time with its zone */
function timeIn(name: string, query: ReadonlyMap<string, string>): Date | undefined {
  const text = query.get(name);
  if (text === undefined) return undefined;
  const at = parseTime(text);
  if (at !== undefined) return at;
  throw new AppError("malformed-request", `${name} must be a time as in RFC 3339, with its zone.`);
}

function listed(delivery: Delivery): object {
  const { attemptCount, lastStatus, lastDurationMs } = delivery;
  return { ...common(delivery), attemptCount, lastStatus, lastDurationMs };
}

function common(delivery: Delivery): object {
  const { id, webhookId, eventId, eventType, eventTime, state, createdAt, nextAttemptAt, reason } = delivery;
  return { id, webhookId, eventId, eventType, eventTime, state, createdAt, nextAttemptAt, reason };
}

/** Field by field: what is stored may grow, the contract does not grow by accident. */
function shown(attempt: Attempt): object {
  const { number, trigger, startedAt, durationMs, outcome, mayBeRepeat, fault, request, response, timings } = attempt;
  return { number, trigger, startedAt, durationMs, outcome, mayBeRepeat, fault, request, response, timings };
}
