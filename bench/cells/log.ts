import type { DeliveryQuery } from "../../shared/core/ports/deliveries.ts";
import type { Send } from "../../shared/core/ports/outbound.ts";
import { createWebhook, listWebhooks } from "../../shared/management/webhooks.ts";
import { eventBytes, webhookInput } from "../support/event.ts";
import { LOG_FILTERS } from "../support/log-filters.ts";
import type { Cell, Plan } from "./plan.ts";
import { openProduct } from "./product.ts";
import type { Product } from "./product.ts";

const PROGRAM = "log";
const TYPE = "reward.issued";
/** One delivery in this many fails. */
const FAILS = 100;
const AT_ONCE = 16;
const LIMIT = 50;

/** Fills the log of a scope first, with a receiver inside this process; then each call reads its first page with one filter. */
export async function logCell(plan: Plan): Promise<Cell> {
  const { log } = plan;
  if (!log) throw new Error("The plan has no log.");
  let sent = 0;
  const send: Send = () => {
    sent += 1;
    const status = sent % FAILS === 0 ? 404 : 200;
    return Promise.resolve({ kind: "answered", status, headers: [], body: "{}", truncated: false, timings: {} });
  };
  const product = openProduct(plan, { send, log: () => undefined });
  if (log.from === 0) {
    const input = webhookInput("https://receiver.example/in", {
      credentialId: null,
      name: "Log",
      type: TYPE,
      long: false,
    });
    await createWebhook(product.scope(PROGRAM), input, product.api);
  }
  await fill(product, log.from, log.to);
  const scope = product.scope(PROGRAM);
  const query = await queryOf(log.filter, product);
  return {
    call: async () => {
      await product.api.deliveries.list(scope, query, { limit: LIMIT, cursor: null }, new Date());
    },
  };
}

async function fill(product: Product, from: number, to: number): Promise<void> {
  let next = from;
  const work = async (): Promise<void> => {
    while (next < to) {
      next += 1;
      await product.deliver(eventBytes(eventId(next), TYPE, PROGRAM, new Date().toISOString()));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function queryOf(filter: string, product: Product): Promise<DeliveryQuery> {
  switch (filter) {
    case LOG_FILTERS.webhook: {
      const { items } = await listWebhooks(product.scope(PROGRAM), { limit: 1 }, product.api);
      return { webhookId: items[0]?.id };
    }
    case LOG_FILTERS.failed:
      return { states: ["failed"] };
    case LOG_FILTERS.event:
      return { eventId: eventId(1) };
    default:
      return {};
  }
}

function eventId(number: number): string {
  return `evt-${String(number)}`;
}
