import { EVENT_TYPES } from "../../shared/contract/event-types.ts";
import { createWebhook } from "../../shared/management/webhooks.ts";
import { eventBytes, webhookInput } from "../support/event.ts";
import { noRows } from "./no-rows.ts";
import type { Cell, Plan } from "./plan.ts";
import { benchCredential, openProduct } from "./product.ts";

/** Event type that is never published: webhooks for it stay idle. */
const IDLE_TYPE = "reward.canceled";
const TYPES = EVENT_TYPES.filter((type) => type !== IDLE_TYPE);

/**
 * The product: an event goes through the message story with everything the app's container builds. A call ends when the message could be completed.
 *
 * Each scope has one webhook per event type, and each worker keeps to one scope and type: every event goes to exactly one webhook, and no webhook
 * exceeds its limit of requests in flight.
 */
export async function deliveryCell(plan: Plan): Promise<Cell> {
  if (!plan.delivery) throw new Error("The plan has no delivery.");
  const { rows, credential, scopes, idleWebhooks, textBytes } = plan.delivery;
  const product = openProduct(plan, rows ? {} : { deliveries: noRows() });
  const programs = Array.from({ length: scopes }, (_, index) => `p${String(index)}`);
  const url = `https://localhost:${String(plan.sinkPort)}${plan.path}`;
  for (const program of programs) {
    const scope = product.scope(program);
    const credentialId = credential ? await benchCredential(plan, scope, product) : null;
    const create = async (name: string, type: string): Promise<void> => {
      const input = webhookInput(url, { credentialId, name, type, long: textBytes > 0 });
      await createWebhook(scope, input, product.api);
    };
    for (const type of TYPES) await create(`Bench, ${type}`, type);
    for (let index = 0; index < idleWebhooks; index += 1) await create(`Idle ${String(index)}`, IDLE_TYPE);
  }
  const run = crypto.randomUUID();
  const text = "y".repeat(textBytes);
  let number = 0;
  const call = (worker: number): Promise<void> => {
    number += 1;
    const program = programs[worker % programs.length] ?? "";
    const type = TYPES[Math.floor(worker / programs.length) % TYPES.length] ?? "";
    return product.deliver(eventBytes(`${run}-${String(number)}`, type, program, new Date().toISOString(), text));
  };
  // Unknown receivers get few requests at a time, so each one first shows that it is quick.
  const receivers = Array.from({ length: programs.length * TYPES.length }, (_, worker) => worker);
  for (let times = 0; times < 2; times += 1) await Promise.all(receivers.map(call));
  return { call, putOff: product.putOff };
}
