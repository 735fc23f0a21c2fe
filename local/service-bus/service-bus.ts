import { join } from "node:path";
import type { BusConfig, NamespaceConfig } from "./config/config.ts";
import { createEntities } from "./entities.ts";
import type { Entities } from "./entities.ts";
import { openJournal } from "./journal.ts";
import { forgetful } from "./store/keeper.ts";
import type { Keeper } from "./store/keeper.ts";
import { createListener } from "./amqp/listener.ts";
import type { Listener } from "./amqp/listener.ts";
import type { StoreStats } from "./store/message-store.ts";
import { createScheduler } from "./scheduler.ts";

/** Where one namespace listens, and how its clients connect. */
export interface NamespaceAddress {
  readonly port: number;
  /** For the unmodified SDK: plain AMQP, by the switch meant for the official emulator. */
  readonly connectionString: string;
  /** Of the TLS listener, if the configuration asks for one. */
  readonly tlsPort?: number;
}

/** A running stand-in. Paths are entity paths such as `deliveries` or `events/Subscriptions/webhooks/$DeadLetterQueue`. */
export interface ServiceBus {
  readonly namespaces: Readonly<Record<string, NamespaceAddress>>;
  /** Message counts. @throws when there is no such namespace or entity. */
  stats(namespace: string, path: string): StoreStats;
  /** Does everything that is due, for tests with a clock of their own. */
  advance(): void;
  /** Drops every connection of a namespace, as a network failure would. */
  dropConnections(namespace: string): void;
  close(): Promise<void>;
}

export interface ServiceBusOptions {
  /** Folder in which messages outlive the process; by default they are in memory only, as locks and remembered message ids always are. */
  readonly stateDir?: string;
  /** The clock by which locks, lifetimes and schedules end; that of the machine by default. */
  readonly clock?: () => Date;
  /** Gets internal errors, one line each; standard error by default. */
  readonly report?: (line: string) => void;
}

interface Running {
  readonly entities: Entities;
  readonly listener: Listener;
  readonly address: NamespaceAddress;
  readonly stop: () => void;
  /** Closes the keepers; no message may be sent or received afterwards. */
  readonly release: () => void;
}

/**
 * Starts the namespaces of the configuration on loopback, each on its own port, or on a free one when that is in use.
 * @throws when the entities of the configuration are not consistent.
 */
export async function startServiceBus(config: BusConfig, options: ServiceBusOptions = {}): Promise<ServiceBus> {
  const clock = options.clock ?? ((): Date => new Date());
  const now = (): number => clock().getTime();
  const report = options.report ?? ((line: string): void => void process.stderr.write(`service-bus: ${line}\n`));
  const running = new Map<string, Running>();
  for (const namespace of config.namespaces) {
    running.set(namespace.name, await startNamespace(namespace, now, report, options.stateDir));
  }

  const find = (name: string): Running => {
    const found = running.get(name);
    if (found === undefined)
      throw new Error(`There is no namespace "${name}"; there are ${[...running.keys()].join(", ")}.`);
    return found;
  };

  return {
    namespaces: Object.fromEntries([...running].map(([name, { address }]) => [name, address])),
    stats: (name, path) => {
      const entity = find(name).entities.find(path);
      if (entity === undefined) throw new Error(`Namespace "${name}" has no entity "${path}".`);
      return entity.store.stats();
    },
    advance: () => {
      for (const { entities } of running.values()) entities.advance();
    },
    dropConnections: (name) => {
      find(name).listener.dropConnections();
    },
    close: async () => {
      for (const one of running.values()) one.stop();
      await Promise.all([...running.values()].map((one) => one.listener.close()));
      for (const one of running.values()) one.release();
    },
  };
}

async function startNamespace(
  config: NamespaceConfig,
  now: () => number,
  report: (line: string) => void,
  stateDir: string | undefined,
): Promise<Running> {
  const keepers: Keeper[] = [];
  const keeperOf = (path: string): Keeper => {
    if (stateDir === undefined) return forgetful;
    const keeper = openJournal(join(stateDir, config.name, `${encodeURIComponent(path.toLowerCase())}.jsonl`));
    keepers.push(keeper);
    return keeper;
  };
  const scheduler = createScheduler(now, () => {
    entities.advance();
    return entities.nextDue();
  });
  const entities = createEntities(config, now, scheduler.timerSet, keeperOf);
  const listener = createListener({ entities, shared: config, now }, (line) => {
    report(`${config.name}: ${line}`);
  });
  const port = await listener.listen(config.port);
  const tlsPort = config.tls && (await listener.listen(config.tls.port, config.tls));
  const connectionString = `Endpoint=sb://localhost:${String(port)};SharedAccessKeyName=${config.keyName};SharedAccessKey=${config.key};UseDevelopmentEmulator=true`;
  return {
    entities,
    listener,
    address: { port, connectionString, ...(tlsPort !== undefined && { tlsPort }) },
    stop: scheduler.stop,
    release: () => {
      for (const keeper of keepers) keeper.close();
    },
  };
}
