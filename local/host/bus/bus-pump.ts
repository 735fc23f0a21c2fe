import { setTimeout as wait } from "node:timers/promises";
import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import { batchBody, batchMetadata, messageBody, messageMetadata } from "./bus-message.ts";
import type { AppRegistry } from "../worker/core-api.ts";
import type { TypedData } from "../worker/core-types.ts";
import type { BusPlan } from "../function-plan.ts";
import type { HostSettings } from "../host-settings.ts";
import { invoke } from "../worker/invoke.ts";
import { hostLine, messageOf } from "../log.ts";
import { wholeMessage } from "./whole-message.ts";

/** A running Service Bus trigger. */
export interface BusPump {
  /** Receives no further messages. Those in progress continue; the caller waits for them before {@link BusPump.close}. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** How long the batch loop waits after a failed receive. */
const RECEIVE_RETRY_MS = 500;

/** Starts receiving for one function. Never fails: the receiver reconnects by itself while the bus is down. */
export function startPump(
  registry: AppRegistry,
  plan: BusPlan,
  client: ServiceBusClient,
  settings: HostSettings,
  running: Set<Promise<unknown>>,
): BusPump {
  const options = {
    skipParsingBodyAsJson: true,
    maxAutoLockRenewalDurationInMs: plan.cardinality === "one" ? settings.maxAutoLockRenewalMs : 0,
  };
  const receiver =
    "queue" in plan.entity
      ? client.createReceiver(plan.entity.queue, options)
      : client.createReceiver(plan.entity.topic, plan.entity.subscription, options);
  return plan.cardinality === "one"
    ? pumpSingles(registry, plan, receiver, settings, running)
    : pumpBatches(registry, plan, receiver, settings, running);
}

function pumpSingles(
  registry: AppRegistry,
  plan: BusPlan,
  receiver: ServiceBusReceiver,
  settings: HostSettings,
  running: Set<Promise<unknown>>,
): BusPump {
  let lastError = "";
  const subscription = receiver.subscribe(
    {
      processMessage: async (message) => {
        lastError = "";
        const work = handle(registry, plan, receiver, [message]);
        running.add(work);
        await work.finally(() => running.delete(work));
      },
      processError: (failure) => {
        // While the bus is down the same error repeats twice a second: log it once.
        const line = `${plan.name}: ${failure.errorSource} failed: ${failure.error.message}`;
        if (line !== lastError) hostLine(line);
        lastError = line;
        return Promise.resolve();
      },
    },
    { autoCompleteMessages: false, maxConcurrentCalls: settings.maxConcurrentCalls },
  );
  return { stop: () => subscription.close(), close: () => receiver.close() };
}

function pumpBatches(
  registry: AppRegistry,
  plan: BusPlan,
  receiver: ServiceBusReceiver,
  settings: HostSettings,
  running: Set<Promise<unknown>>,
): BusPump {
  const stopping = new AbortController();
  const stopped = (): boolean => stopping.signal.aborted;
  const loop = async (): Promise<void> => {
    while (!stopped()) {
      try {
        const messages = await receiver.receiveMessages(settings.maxMessageBatchSize, { abortSignal: stopping.signal });
        if (messages.length === 0) continue;
        // One batch at a time, as the real listener does.
        const work = handle(registry, plan, receiver, messages);
        running.add(work);
        await work.finally(() => running.delete(work));
      } catch (thrown) {
        if (stopped()) return;
        hostLine(`${plan.name}: receive failed: ${messageOf(thrown)}`);
        await wait(RECEIVE_RETRY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  };
  const looping = loop();
  return {
    stop: () => {
      stopping.abort();
      return Promise.resolve();
    },
    close: async () => {
      await looping;
      await receiver.close();
    },
  };
}

/** Runs the function for one message or batch and settles it: completed on success, abandoned at once on failure. */
async function handle(
  registry: AppRegistry,
  plan: BusPlan,
  receiver: ServiceBusReceiver,
  messages: readonly ServiceBusReceivedMessage[],
): Promise<void> {
  try {
    const [first] = messages;
    const single = plan.cardinality === "one" ? first : undefined;
    const data = single ? inputOf(single, plan) : batchBody(messages, plan.binary);
    const metadata = single ? messageMetadata(single, data) : batchMetadata(messages);
    await invoke(registry, plan.target, { trigger: plan.trigger, data, metadata });
  } catch (thrown) {
    hostLine(`${plan.name}: message abandoned: ${messageOf(thrown)}`);
    await settleAll(plan, messages, "abandon", (message) => receiver.abandonMessage(message));
    return;
  }
  if (plan.autoComplete) await settleAll(plan, messages, "complete", (message) => receiver.completeMessage(message));
}

function inputOf(message: ServiceBusReceivedMessage, plan: BusPlan): TypedData {
  return plan.whole ? wholeMessage(message) : messageBody(message, plan.binary);
}

/** A settlement that fails (lock lost, bus down) is only logged: the message is delivered again when its lock expires. */
async function settleAll(
  plan: BusPlan,
  messages: readonly ServiceBusReceivedMessage[],
  verb: string,
  settle: (message: ServiceBusReceivedMessage) => Promise<void>,
): Promise<void> {
  await Promise.all(
    messages.map((message) =>
      settle(message).catch((thrown: unknown) => {
        hostLine(`${plan.name}: ${verb} of message ${String(message.messageId)} failed: ${messageOf(thrown)}`);
      }),
    ),
  );
}
