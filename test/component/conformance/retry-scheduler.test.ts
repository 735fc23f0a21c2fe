import { createSecretKey, randomBytes } from "node:crypto";
import { ServiceBusClient } from "@azure/service-bus";
import { busRetryScheduler } from "../../../shared/bus/retry-scheduler.ts";
import { deliveryId } from "../../../shared/core/deliveries/delivery-id.ts";
import { parseMessage } from "../../../shared/core/events/message.ts";
import { readRetryMessage } from "../../../shared/core/events/retry-message.ts";
import type { RetryMessage } from "../../../shared/core/events/retry-message.ts";
import type { RetryScheduler } from "../../../shared/core/ports/bus.ts";
import { exampleEvent, QUEUED_AT } from "../../support/an-event.ts";
import { startClientBus } from "../support/client-bus.ts";
import { recordingRetryScheduler } from "../support/recorder.ts";

/** The way back to the bus: the same of the real one and of the one that tests of deliveries use in its place. */
interface Scheduling {
  readonly scheduler: RetryScheduler;
  /** What waits, in the order in which it was scheduled. */
  scheduled(): Promise<readonly { readonly retryMessage: RetryMessage; readonly at: Date }[]>;
  close(): Promise<void>;
}

const IN_AN_HOUR = new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000);
const event = exampleEvent();
const retryMessage: RetryMessage = {
  scope: event.scope,
  deliveryId: deliveryId(event, "wh_a"),
  webhookId: "wh_a",
  attempt: 2,
  trigger: "retry",
  rechecks: 1,
  deferrals: 3,
  event,
};

async function overTheBus(): Promise<Scheduling> {
  const bus = await startClientBus();
  const sdk = new ServiceBusClient(bus.connectionString);
  const key = { id: "k1", key: createSecretKey(randomBytes(32)) };
  const keys = { currentKey: () => Promise.resolve(key), keyNamed: () => Promise.resolve(undefined) };
  return {
    scheduler: await busRetryScheduler(bus.queue, { client: "acme", keys, clock: () => QUEUED_AT })(),
    scheduled: async () => {
      const receiver = sdk.createReceiver("deliveries", { skipParsingBodyAsJson: true });
      const waiting = await receiver.peekMessages(10);
      await receiver.close();
      return waiting.map(({ body, scheduledEnqueueTimeUtc }) => {
        const message = parseMessage(Buffer.from(body), QUEUED_AT, "acme");
        if (message.kind !== "retry-message") throw new Error(`A message of kind ${message.kind} waits on the bus.`);
        const read = readRetryMessage(message.raw, QUEUED_AT, "acme");
        if (read.kind !== "read") throw new Error("The retry message cannot be read.");
        return { retryMessage: read.retryMessage, at: scheduledEnqueueTimeUtc ?? new Date(NaN) };
      });
    },
    close: async () => {
      await sdk.close();
      await bus.close();
    },
  };
}

function recorded(): Promise<Scheduling> {
  const scheduler = recordingRetryScheduler();
  return Promise.resolve({
    scheduler,
    scheduled: () => Promise.resolve(scheduler.scheduled),
    close: () => Promise.resolve(),
  });
}

describe.each([
  ["over the bus", overTheBus],
  ["recorded", recorded],
])("a retry %s", (_, open) => {
  let scheduling: Scheduling;
  beforeEach(async () => {
    scheduling = await open();
  });
  afterEach(() => scheduling.close());

  test("waits until its time, whole, the event's numbers to the digit", async () => {
    expect(await scheduling.scheduler.schedule(retryMessage, IN_AN_HOUR)).toBe("scheduled");
    expect(await scheduling.scheduled()).toEqual([{ retryMessage, at: IN_AN_HOUR }]);
  });

  test("that is scheduled twice waits twice: the one that is dropped could be the only one left", async () => {
    await scheduling.scheduler.schedule(retryMessage, IN_AN_HOUR);
    await scheduling.scheduler.schedule(retryMessage, IN_AN_HOUR);
    expect(await scheduling.scheduled()).toHaveLength(2);
  });

  test("whose event fills a message alone is too large with what a retry adds, and is not scheduled", async () => {
    const large = { ...retryMessage, event: { ...event, raw: { filler: "x".repeat(262_144) } } };
    expect(await scheduling.scheduler.schedule(large, IN_AN_HOUR)).toBe("too-large");
    expect(await scheduling.scheduled()).toEqual([]);
  });
});
