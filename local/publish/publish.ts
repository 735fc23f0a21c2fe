/** The course of `npm run publish`: find the stack, find who wants the event, publish, follow. */
import { randomBytes } from "node:crypto";
import { setTimeout as pass } from "node:timers/promises";
import { deliveryId } from "../../shared/core/deliveries/delivery-id.ts";
import { parseMessage } from "../../shared/core/events/event.ts";
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
import { wantedBy } from "./sample-webhook.ts";

export interface Voice {
  readonly tell: (line: string) => void;
  readonly warn: (line: string) => void;
}

/** `wrong`: the order cannot be carried out as it is. */
export type PublishResult = "delivered" | "not-delivered" | "wrong";

/** Publishes what was ordered and prints every delivery; whatever goes wrong is told, not thrown. */
export async function publish(order: Order, runtimeFile: string, voice: Voice): Promise<PublishResult> {
  try {
    const runtime = readRuntime(runtimeFile);
    if (runtime === undefined) {
      voice.warn(`The stack does not run: there is no ${runtimeFile}. Start it with npm start, in another terminal.`);
      return "not-delivered";
    }
    const { client = runtime.scope.client, program = runtime.scope.program } = order;
    const scope = { client, program, environment: order.environment ?? runtime.scope.environment };
    const wrong = whatIsWrong(order, scope, runtime);
    if (wrong !== undefined) {
      voice.warn(`${wrong}\nMore: npm run publish -- --help`);
      return "wrong";
    }
    return await carryOut(order, scope, runtime, voice);
  } catch (thrown) {
    voice.warn(thrown instanceof Error ? thrown.message : String(thrown));
    return "not-delivered";
  }
}

async function carryOut(order: Order, scope: Scope, runtime: Runtime, voice: Voice): Promise<PublishResult> {
  const { type, count } = order;
  const where = `${scope.client}/${scope.program}/${scope.environment}`;
  const api = scopeApi(runtime.api, scope, runtime.tokens.admin);
  const { webhooks, done } = await wantedBy(type, api, runtime.partner, order.sample).catch((thrown: unknown) => {
    throw explained(thrown, runtime);
  });
  for (const line of done) voice.tell(line);
  if (webhooks.length === 0) {
    voice.warn(
      `No webhook of ${where} wants ${type}, so nothing was published. Create one (README.md has the command), enable one, or leave out --no-sample.`,
    );
    return "not-delivered";
  }
  const names = webhooks.slice(0, 3).map(({ name }) => `“${name}”`);
  const more = webhooks.length > 3 ? ` and ${String(webhooks.length - 3)} more` : "";
  voice.tell(`${type} × ${String(count)} to ${where}, wanted by ${names.join(", ")}${more}`);

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
          `The bus did not take the events: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
        );
      });
      return batch.flatMap(({ event }) => webhooks.map((webhook) => expectedOf(event, webhook)));
    },
    read: (id) => api.delivery(id),
    seen: (expected, delivery) => {
      tally.set(delivery.state, (tally.get(delivery.state) ?? 0) + 1);
      voice.tell(deliveryLine(expected, delivery, new Date()));
    },
    quiet: (open) => {
      voice.warn(`Still under way: ${deliveries(open)}; a receiver may take up to a minute. Ctrl-C ends the waiting.`);
    },
    now: () => performance.now(),
    wait: async (ms) => {
      await pass(ms);
    },
  });
  voice.tell(`${tallyLine(tally)}. What the partner received: ${runtime.partner.control}`);
  // Not waited for: what was to be told is told, and a bus that is gone would keep the person waiting.
  void bus.close().catch(() => undefined);
  const why = unfinished(followed, runtime);
  if (why !== undefined) voice.warn(why);
  const delivered = tally.get("delivered") ?? 0;
  return followed.kind === "all" && delivered === count * webhooks.length ? "delivered" : "not-delivered";
}

/** What of the order this stack or the product would refuse, found before anything is created or sent. */
function whatIsWrong(order: Order, scope: Scope, { clients }: Runtime): string | undefined {
  if (!Object.hasOwn(clients, scope.client))
    return `--client: the stack has no client “${scope.client}”; there are ${Object.keys(clients).join(", ")}.`;
  const now = new Date();
  let bytes: Buffer;
  try {
    bytes = eventMaker(order, scope)(now).message.body;
  } catch {
    return "--attributes is nested too deeply.";
  }
  const read = parseMessage(bytes, now, scope.client);
  return read.kind === "invalid" ? `Such an event would be dead-lettered: ${read.reason}.` : undefined;
}

interface Made {
  readonly event: Pick<KlsEvent, "id" | "source" | "time">;
  readonly message: BusMessage;
}

/** Makes events one by one, each with an id that no earlier run had. */
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

/** Why nothing could be asked: as a rule `runtime.json` is of a stack that was killed, and another program may be at its port. */
function explained(thrown: unknown, { api }: Runtime): Error {
  if (thrown instanceof ApiRefusal && thrown.status !== 401 && thrown.code !== "") return thrown;
  if (thrown instanceof ApiRefusal)
    return new Error(`The stack does not run: another program answers at ${api}. Start it with npm start.`);
  return new Error(`The stack does not run: nothing answers at ${api}. Start it with npm start, in another terminal.`);
}

function unfinished(followed: Followed, { api }: Runtime): string | undefined {
  switch (followed.kind) {
    case "all":
      return undefined;
    case "nothing-begins":
      return `${deliveries(followed.left)} never began: the lines of npm start say why, and GET …/deliveries shows what comes later.`;
    case "no-news":
      return `${deliveries(followed.left)} did not end in time; GET …/deliveries shows how they go on.`;
    case "api-silent":
      return `${deliveries(followed.left)} had not ended when ${api} stopped answering; they go on when the stack does.`;
  }
}

function deliveries(count: number): string {
  return count === 1 ? "1 delivery" : `${String(count)} deliveries`;
}
