import { readFileSync } from "node:fs";
import * as z from "zod";

/** An entity of `infra/bus.json` in the keys of the emulator's configuration: `lockDuration` becomes `LockDuration`. */
const entity = z.looseObject({ name: z.string() }).transform(({ name, ...rest }) => ({
  Name: name,
  Properties: Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key.charAt(0).toUpperCase() + key.slice(1), value]),
  ),
}));
const entities = z.strictObject({ topic: entity, subscription: entity, queue: entity });

/** Clients of the development stack, with the usual ports of their buses. */
export const BUS_PORTS: Readonly<Record<string, number>> = { acme: 5672, globex: 5673 };

/**
 * The configuration of the local bus, in the format of the official emulator's `Config.json`: a namespace per client, with the same entities as
 * on Azure. `infra/bus.json` is the source of both.
 *
 * @param portOf the port of a namespace; 0 is any free one
 */
export function azureConfig(portOf = (name: string): number => BUS_PORTS[name] ?? 0): string {
  const { topic, subscription, queue } = entities.parse(
    JSON.parse(readFileSync(`${import.meta.dirname}/../../../infra/bus.json`, "utf8")),
  );
  const webhooks = { ...subscription, Properties: { ...subscription.Properties, ForwardTo: queue.Name } };
  const namespaces = Object.keys(BUS_PORTS).map((Name) => ({
    Name,
    Queues: [queue],
    Topics: [{ ...topic, Subscriptions: [webhooks] }],
  }));
  const listeners = Object.keys(BUS_PORTS).map((name) => [name, { Port: portOf(name) }] as const);
  return JSON.stringify({ UserConfig: { Namespaces: namespaces }, Listeners: Object.fromEntries(listeners) });
}
