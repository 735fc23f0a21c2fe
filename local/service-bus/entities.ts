import type { NamespaceConfig, ReceivableConfig } from "./config/config.ts";
import { createDispatcher } from "./dispatcher.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { forgetful } from "./store/keeper.ts";
import type { Keeper } from "./store/keeper.ts";
import { createMessageStore } from "./store/message-store.ts";
import type { MessageStore } from "./store/message-store.ts";
import type { Rule } from "./config/rules.ts";
import type { Accept, StoreOptions } from "./store/store-options.ts";

export type EntityKind = "queue" | "topic" | "subscription" | "dead-letter";

/** One entity that has an address of its own. */
export interface Entity {
  readonly kind: EntityKind;
  /** As configured, for example `events/Subscriptions/webhooks/$DeadLetterQueue`. */
  readonly path: string;
  readonly store: MessageStore;
  readonly dispatcher: Dispatcher;
  readonly forwardTo: string | undefined;
}

/** All entities of one namespace, wired to each other. */
export interface Entities {
  /** Ignores case; accepts a bare path or a whole `amqps://host/path`. */
  find(address: string): Entity | undefined;
  /** When the first timer of any entity is due, milliseconds since 1970. */
  nextDue(): number | undefined;
  /** Does everything that is due by the clock. */
  advance(): void;
}

/** The limit of the service for auto-forward hops. */
const MAX_HOPS = 4;

const DEAD_LETTERS = "$DeadLetterQueue";

/** The path in an address: without scheme and host, in lower case. */
export function pathOf(address: string): string {
  return address
    .replace(/^[a-z]+:\/\/[^/]*\/?/i, "")
    .replace(/^\//, "")
    .toLowerCase();
}

/**
 * Builds the entities of a namespace, each with the messages of its keeper.
 * @throws when two entities share a path, a forwarding target is missing, or a chain of targets exceeds four hops, as a loop does.
 */
export function createEntities(
  config: NamespaceConfig,
  now: () => number,
  timerSet: (at: number) => void,
  keeperOf: (path: string) => Keeper = () => forgetful,
): Entities {
  const byPath = new Map<string, Entity>();

  function add(kind: EntityKind, path: string, options: StoreOptions, forwardTo?: string): Entity {
    const dispatcher = createDispatcher(() => store);
    const signals = { available: dispatcher.pump, timerSet };
    const store = createMessageStore(options, now, signals, keeperOf(path));
    const entity = { kind, path, store, dispatcher, forwardTo };
    if (byPath.has(path.toLowerCase()))
      throw new Error(`Namespace ${config.name} has two entities with the path "${path}".`);
    byPath.set(path.toLowerCase(), entity);
    return entity;
  }

  /** Accepts on behalf of `target`, looked up when used because it may be built later. */
  const forwardingTo = (target: string | undefined): Accept | undefined =>
    target === undefined
      ? undefined
      : (content, origin) => byPath.get(target.toLowerCase())?.store.accept(content, origin) ?? 0;

  function addReceivable(
    kind: EntityKind,
    path: string,
    from: ReceivableConfig,
    duplicateWindow: number | undefined,
  ): Entity {
    const forwardDead = forwardingTo(from.forwardDeadLettersTo);
    const common = { lockDuration: from.lockDuration, maxDeliveryCount: from.maxDeliveryCount };
    const deadLetters = add(
      "dead-letter",
      `${path}/${DEAD_LETTERS}`,
      {
        ...common,
        defaultTimeToLive: Number.POSITIVE_INFINITY,
        deadLetterOnExpiration: false,
        duplicateWindow: undefined,
        deadLetter: undefined,
        handOn:
          forwardDead &&
          ((content, origin) => forwardDead(content, { enqueuedSequenceNumber: 0, ...origin, deadLetterSource: path })),
      },
      from.forwardDeadLettersTo,
    );
    const { defaultTimeToLive, deadLetterOnExpiration } = from;
    const deadLetter = deadLetters.store.accept;
    const handOn = forwardingTo(from.forwardTo);
    return add(
      kind,
      path,
      { ...common, defaultTimeToLive, deadLetterOnExpiration, duplicateWindow, deadLetter, handOn },
      from.forwardTo,
    );
  }

  for (const queue of config.queues) addReceivable("queue", queue.name, queue, queue.duplicateWindow);

  for (const topic of config.topics) {
    const outlets: { readonly rules: readonly Rule[]; readonly accept: Accept }[] = topic.subscriptions.map(
      (subscription) => ({
        rules: subscription.rules,
        accept: addReceivable(
          "subscription",
          `${topic.name}/Subscriptions/${subscription.name}`,
          subscription,
          undefined,
        ).store.accept,
      }),
    );
    const fanOut: Accept = (content, origin) => {
      // The topic has waited already; a subscription must not schedule the message again.
      for (const { rules, accept } of outlets) if (rules.some((rule) => rule(content))) accept(content, origin);
      return 0;
    };
    const { defaultTimeToLive, duplicateWindow } = topic;
    const nothing = { lockDuration: 0, maxDeliveryCount: 1, deadLetterOnExpiration: false, deadLetter: undefined };
    add("topic", topic.name, { ...nothing, defaultTimeToLive, duplicateWindow, handOn: fanOut });
  }

  checkForwarding(config, byPath);
  return {
    find: (address) => byPath.get(pathOf(address)),
    nextDue: () => {
      const due = [...byPath.values()].flatMap((entity) => entity.store.nextDue() ?? []);
      return due.length === 0 ? undefined : Math.min(...due);
    },
    advance: () => {
      for (const entity of byPath.values()) entity.store.advance();
    },
  };
}

function checkForwarding(config: NamespaceConfig, byPath: ReadonlyMap<string, Entity>): void {
  const targetsOf = (path: string): readonly string[] =>
    [...byPath.values()]
      .filter(
        (entity) =>
          entity.path.toLowerCase() === path.toLowerCase() ||
          entity.path.toLowerCase().startsWith(`${path.toLowerCase()}/`),
      )
      .flatMap((entity) => entity.forwardTo ?? []);

  const walk = (path: string, hops: number): void => {
    if (hops > MAX_HOPS)
      throw new Error(
        `Namespace ${config.name}: a chain of ForwardTo through "${path}" is longer than ${String(MAX_HOPS)} hops.`,
      );
    for (const target of targetsOf(path)) {
      const found = byPath.get(target.toLowerCase());
      if (found?.kind !== "queue" && found?.kind !== "topic")
        throw new Error(
          `Namespace ${config.name}: "${path}" forwards to "${target}", which is not one of its queues or topics.`,
        );
      walk(found.path, hops + 1);
    }
  };
  for (const entity of byPath.values()) if (entity.kind === "queue" || entity.kind === "topic") walk(entity.path, 0);
}
