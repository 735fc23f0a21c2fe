import { createMessageStore } from "../../../local/service-bus/store/message-store.ts";
import type { MessageStore } from "../../../local/service-bus/store/message-store.ts";
import type { MessageContent, StoredMessage } from "../../../local/service-bus/store/message.ts";
import type { Origin, StoreOptions } from "../../../local/service-bus/store/store-options.ts";

const NONE: ReadonlyMap<string, unknown> = new Map();

function content(messageId: string, more: Partial<MessageContent> = {}): MessageContent {
  const encoded = {
    annotations: NONE,
    durable: false,
    priority: undefined,
    properties: Buffer.alloc(0),
    body: Buffer.alloc(0),
  };
  return { messageId, timeToLive: undefined, scheduledFor: undefined, fields: {}, properties: NONE, encoded, ...more };
}

interface Bench {
  readonly store: MessageStore;
  readonly dead: { readonly content: MessageContent; readonly origin: Origin | undefined }[];
  /** Advances the clock by this many milliseconds and runs what is due. */
  readonly pass: (milliseconds: number) => void;
}

function bench(options: Partial<StoreOptions> = {}): Bench {
  let now = 1_000_000;
  const dead: { content: MessageContent; origin: Origin | undefined }[] = [];
  const store = createMessageStore(
    {
      lockDuration: 60_000,
      maxDeliveryCount: 3,
      defaultTimeToLive: Number.POSITIVE_INFINITY,
      deadLetterOnExpiration: true,
      duplicateWindow: undefined,
      deadLetter: (sent, origin) => dead.push({ content: sent, origin }),
      handOn: undefined,
      ...options,
    },
    () => now,
    { available: () => undefined, timerSet: () => undefined },
  );
  return {
    store,
    dead,
    pass: (milliseconds) => {
      now += milliseconds;
      store.advance();
    },
  };
}

function taken(store: MessageStore): StoredMessage & { readonly lock: { readonly token: string } } {
  const message = store.take("peek-lock");
  if (message?.lock === undefined) throw new Error("no message could be taken");
  return { ...message, lock: message.lock };
}

test("a lock holds for its whole duration and not a millisecond longer", () => {
  const { store, pass } = bench();
  store.accept(content("a"));
  const { lock } = taken(store);
  pass(59_999);
  expect(store.stats()).toEqual({ active: 0, locked: 1, deferred: 0, scheduled: 0 });
  pass(1);
  expect(store.complete(lock.token)).toBe(false);
  expect(taken(store).deliveryCount).toBe(1);
});

test("a lock that has expired is lost even before its timer ran", () => {
  let now = 0;
  const store = createMessageStore(
    {
      lockDuration: 10,
      maxDeliveryCount: 3,
      defaultTimeToLive: 1e9,
      deadLetterOnExpiration: false,
      duplicateWindow: undefined,
      deadLetter: () => 0,
      handOn: undefined,
    },
    () => now,
    { available: () => undefined, timerSet: () => undefined },
  );
  store.accept(content("a"));
  const { lock } = taken(store);
  now = 10;
  expect(store.complete(lock.token)).toBe(false);
  expect(store.renew(lock.token)).toBeUndefined();
});

test("renewing restarts the duration", () => {
  const { store, pass } = bench();
  store.accept(content("a"));
  const { lock } = taken(store);
  pass(50_000);
  store.renew(lock.token);
  pass(59_999);
  expect(store.complete(lock.token)).toBe(true);
  expect(store.stats()).toEqual({ active: 0, locked: 0, deferred: 0, scheduled: 0 });
});

test("lost locks count as failed deliveries and end in the dead-letter queue", () => {
  const { store, dead, pass } = bench();
  store.accept(content("a"));
  for (let round = 0; round < 3; round += 1) {
    taken(store);
    pass(60_000);
  }
  expect(store.take("peek-lock")).toBeUndefined();
  expect(dead[0]?.content.properties.get("DeadLetterReason")).toBe("MaxDeliveryCountExceeded");
  expect(dead[0]?.origin?.moved).toMatchObject({ sequenceNumber: 1, deliveryCount: 3 });
});

test("returning a message without failure does not count", () => {
  const { store } = bench();
  store.accept(content("a"));
  for (let round = 0; round < 5; round += 1) store.release(taken(store).lock.token);
  expect(taken(store).deliveryCount).toBe(0);
});

test("messages are delivered in the order of their numbers, returned ones first", () => {
  const { store } = bench();
  for (const id of ["a", "b", "c"]) store.accept(content(id));
  const first = taken(store);
  expect(taken(store).content.messageId).toBe("b");
  store.abandon(first.lock.token, NONE);
  expect(taken(store).content.messageId).toBe("a");
  expect(taken(store).content.messageId).toBe("c");
});

test("a message expires by the shorter of its own and the entity's time to live", () => {
  const { store, dead, pass } = bench({ defaultTimeToLive: 5000 });
  store.accept(content("own", { timeToLive: 1000 }));
  store.accept(content("entity", { timeToLive: 9000 }));
  pass(1000);
  expect(dead.map((one) => one.content.messageId)).toEqual(["own"]);
  pass(4000);
  expect(dead.map((one) => one.content.messageId)).toEqual(["own", "entity"]);
  expect(dead[1]?.content.timeToLive).toBe(5000);
});

test("a locked message does not expire; it does when it is returned", () => {
  const { store, dead, pass } = bench({ defaultTimeToLive: 1000 });
  store.accept(content("a"));
  store.accept(content("b"));
  const [a, b] = [taken(store), taken(store)];
  pass(2000);
  expect(store.complete(a.lock.token)).toBe(true);
  store.abandon(b.lock.token, NONE);
  expect(dead.map((one) => one.content.messageId)).toEqual(["b"]);
});

test("a scheduled message cannot be received before its time, and its time to live begins then", () => {
  const { store, dead, pass } = bench({ defaultTimeToLive: 1000 });
  store.accept(content("a", { scheduledFor: 1_005_000 }));
  pass(4999);
  expect(store.take("peek-lock")).toBeUndefined();
  expect(store.nextDue()).toBe(1_005_000);
  pass(1);
  expect(store.stats().active).toBe(1);
  pass(1000);
  expect(dead).toHaveLength(1);
});

test("an id is free again when the window of duplicate detection is over", () => {
  const { store, pass } = bench({ duplicateWindow: 20_000 });
  store.accept(content("a"));
  store.accept(content("a"));
  expect(store.stats().active).toBe(1);
  pass(20_000);
  store.accept(content("a"));
  expect(store.stats().active).toBe(2);
});

test("a scheduled message records its id when it is sent and is not a duplicate of itself when it is due", () => {
  const { store, pass } = bench({ duplicateWindow: 20_000 });
  store.accept(content("a", { scheduledFor: 1_001_000 }));
  store.accept(content("a"));
  pass(1000);
  expect(store.stats()).toEqual({ active: 1, locked: 0, deferred: 0, scheduled: 0 });
});

test("either all requested deferred messages are received, or none", () => {
  const { store } = bench();
  store.accept(content("a"));
  store.defer(taken(store).lock.token, NONE);
  expect(store.takeDeferred([1, 2], "peek-lock")).toBeUndefined();
  const [message] = store.takeDeferred([1], "peek-lock") ?? [];
  expect(message?.content.messageId).toBe("a");
  store.abandon(message?.lock?.token ?? "", NONE);
  expect(store.stats().deferred).toBe(1);
});

test("a store that forwards keeps nothing and passes on the first number", () => {
  const handed: (Origin | undefined)[] = [];
  const { store } = bench({ handOn: (_sent, origin) => handed.push(origin) });
  store.accept(content("a"), { enqueuedSequenceNumber: 41 });
  expect(handed).toEqual([{ enqueuedSequenceNumber: 41, deadLetterSource: undefined }]);
  expect(store.stats().active).toBe(0);
});

test("timers of settled messages do not pile up", () => {
  const { store } = bench();
  for (let round = 0; round < 5000; round += 1) {
    store.accept(content(`m${String(round)}`));
    store.complete(taken(store).lock.token);
  }
  expect(store.timerCount()).toBeLessThan(1100);
});
