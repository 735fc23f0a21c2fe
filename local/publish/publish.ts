/** What `npm run publish` does: find the stack and the webhooks that match, publish, follow the deliveries. */
import { randomBytes } from "node:crypto";
import { setTimeout as pass } from "node:timers/promises";
import { deliveryId } from "../../shared/core/deliveries/delivery-id.ts";
import { parseMessage } from "../../shared/core/events/message.ts";
import type { KlsEvent } from "../../shared/core/events/event.ts";
import { sampleAttributes, sampleEvent } from "../../shared/core/events/sample-events.ts";
import type { Scope } from "../../shared/core/scope.ts";
import { readRuntime } from "../stack/runtime.ts";
import type { Runtime } from "../stack/runtime.ts";
import { ApiRefusal, scopeApi } from "./api.ts";
import type { ShownDelivery, ShownWebhook } from "./api.ts";
import type { Order } from "./arguments.ts";
import { mergeOver } from "./attributes.ts";
import { eventTopic } from "./bus.ts";
import type { BusMessage } from "./bus.ts";
import { follow } from "./follow.ts";
import type { Expected, Followed } from "./follow.ts";
import { deliveryLine, tallyLine } from "./print.ts";
import { targetsOf } from "./sample-webhook.ts";

export interface Output {
  readonly print: (line: string) => void;
  readonly warn: (line: string) => void;
}

/** `wrong`: the arguments do not fit the stack or the product. */
export type PublishResult = "delivered" | "not-delivered" | "wrong";

/** Publishes the events and prints every delivery; failures are printed, not thrown. */
export async function publish(order: Order, runtimeFile: string, output: Output): Promise<PublishResult> {
  try {
    const runtime = readRuntime(runtimeFile);
    if (runtime === undefined) {
      output.warn(`The stack is not running: there is no ${runtimeFile}. Start it with npm start in another terminal.`);
      return "not-delivered";
    }
    const { client = runtime.scope.client, program = runtime.scope.program } = order;
    const scope = { client, program, environment: order.environment ?? runtime.scope.environment };
    const wrong = whatIsWrong(order, scope, runtime);
    if (wrong !== undefined) {
      output.warn(`${wrong}\nSee npm run publish -- --help`);
      return "wrong";
    }
    return await carryOut(order, scope, runtime, output);
  } catch (thrown) {
    output.warn(thrown instanceof Error ? thrown.message : String(thrown));
    return "not-delivered";
  }
}

async function carryOut(order: Order, scope: Scope, runtime: Runtime, output: Output): Promise<PublishResult> {
  const { type, count } = order;
  const where = `${scope.client}/${scope.program}/${scope.environment}`;
  const api = scopeApi(runtime.api, scope, runtime.tokens.admin);
  const { webhooks, changes } = await targetsOf(type, api, runtime.partner, order.sample).catch((thrown: unknown) => {
    throw explained(thrown, runtime);
  });
  for (const line of changes) output.print(line);
  if (webhooks.length === 0) {
    output.warn(
      `No webhook of ${where} matches ${type}, so nothing was published. Create one (see README.md), enable one, or omit --no-sample.`,
    );
    return "not-delivered";
  }
  const names = webhooks.slice(0, 3).map(({ name }) => `“${name}”`);
  const more = webhooks.length > 3 ? ` and ${String(webhooks.length - 3)} more` : "";
  output.print(`${type} × ${String(count)} to ${where}, matched by ${names.join(", ")}${more}`);

  const { connectionString = "", topic = "" } = runtime.clients[scope.client] ?? {};
  const bus = eventTopic(connectionString, topic);
  const tally = new Map<ShownDelivery["state"], number>();
  const events = eventMaker(order, scope);
  let left = count;
  const followed = await follow(webhooks.length, {
    publishNext: async (most) => {
      const now = new Date();
      const batch = Array.from({ length: Math.min(most, left) }, () => events(now));
      left -= batch.length;
      await bus.send(batch.map(({ message }) => message)).catch((thrown: unknown) => {
        throw new Error(
          `The bus did not accept the events: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
        );
      });
      return batch.flatMap(({ event }) => webhooks.map((webhook) => expectedOf(event, webhook)));
    },
    read: (id) => api.delivery(id),
    seen: (expected, delivery) => {
      tally.set(delivery.state, (tally.get(delivery.state) ?? 0) + 1);
      output.print(deliveryLine(expected, delivery, new Date()));
    },
    quiet: (open) => {
      output.warn(`Still in progress: ${deliveries(open)}; a receiver may take up to a minute. Ctrl-C stops waiting.`);
    },
    now: () => performance.now(),
    wait: async (ms) => {
      await pass(ms);
    },
  });
  output.print(`${tallyLine(tally)}. What the partner received: ${runtime.partner.control}`);
  // Not awaited: everything is printed, and a bus that has ended would only delay the exit.
  void bus.close().catch(() => undefined);
  const why = unfinished(followed, runtime);
  if (why !== undefined) output.warn(why);
  const delivered = tally.get("delivered") ?? 0;
  return followed.kind === "all" && delivered === count * webhooks.length ? "delivered" : "not-delivered";
}

/** Why this stack or the product would refuse the order, before anything is created or sent. */
function whatIsWrong(order: Order, scope: Scope, { clients }: Runtime): string | undefined {
  if (!Object.hasOwn(clients, scope.client))
    return `--client: the stack has no client “${scope.client}”; its clients are ${Object.keys(clients).join(", ")}.`;
  const now = new Date();
  let bytes: Buffer;
  try {
    bytes = eventMaker(order, scope)(now).message.body;
  } catch {
    return "--attributes is nested too deeply.";
  }
  const read = parseMessage(bytes, now, scope.client);
  return read.kind === "invalid" ? `The event would be dead-lettered: ${read.reason}.` : undefined;
}

interface Made {
  readonly event: Pick<KlsEvent, "id" | "source" | "time">;
  readonly message: BusMessage;
}

/** Creates events, each with an id that no other run has. */
function eventMaker({ type, attributes }: Order, scope: Scope): (time: Date) => Made {
  const run = randomBytes(6).toString("hex");
  let number = 0;
  return (time) => {
    number += 1;
    const id = `sample-${run}-${String(number)}`;
    const event = sampleEvent(type, scope, id, time, mergeOver(sampleAttributes(type, time), attributes));
    const body = Buffer.from(JSON.stringify(event), "utf8");
    return { event: { id, source: event.source, time }, message: { id, body } };
  };
}

function expectedOf(event: Made["event"], webhook: ShownWebhook): Expected {
  return { id: deliveryId(event, webhook.id), webhook: webhook.name, eventId: event.id };
}

/** Why the API could not be reached: usually `runtime.json` is from a killed stack, and another program may have its port. */
function explained(thrown: unknown, { api }: Runtime): Error {
  if (thrown instanceof ApiRefusal && thrown.status !== 401 && thrown.code !== "") return thrown;
  if (thrown instanceof ApiRefusal)
    return new Error(`The stack is not running: another program answers at ${api}. Start it with npm start.`);
  return new Error(`The stack is not running: nothing answers at ${api}. Start it with npm start in another terminal.`);
}

function unfinished(followed: Followed, { api }: Runtime): string | undefined {
  switch (followed.kind) {
    case "all":
      return undefined;
    case "nothing-started":
      return `${deliveries(followed.left)} never started: the output of npm start says why, and GET …/deliveries shows later ones.`;
    case "no-progress":
      return `${deliveries(followed.left)} did not end in time; GET …/deliveries shows their progress.`;
    case "api-silent":
      return `${deliveries(followed.left)} had not ended when ${api} stopped answering; they continue once the stack runs again.`;
  }
}

function deliveries(count: number): string {
  return count === 1 ? "1 delivery" : `${String(count)} deliveries`;
}
