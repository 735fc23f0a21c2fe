import { ServiceBusClient } from "@azure/service-bus";
import type { ServiceBusReceivedMessage, ServiceBusReceiver, ServiceBusReceiverOptions } from "@azure/service-bus";
import { parseConfig } from "../../../local/service-bus/config/config.ts";
import { startServiceBus } from "../../../local/service-bus/service-bus.ts";

/**
 * The contract suite knows only the SDK, one connection string and the entities below. It starts the stand-in itself. Point it at a real namespace (Standard)
 * with SERVICEBUS_CONTRACT_CONNECTION; the entities must then exist with these properties, their locks at Azure's least, PT5S, and be empty.
 */
const CONNECTION_VARIABLE = "SERVICEBUS_CONTRACT_CONNECTION";

const base = { LockDuration: "PT1S", MaxDeliveryCount: 3 };
const byLabel = (label: string) => [
  { Name: "label", Properties: { FilterType: "Correlation", CorrelationFilter: { Label: label } } },
];

/** Entities that the suite needs, in the format of the official emulator. */
const ENTITIES = {
  Queues: [
    { Name: "contract-plain", Properties: base },
    { Name: "contract-expiring", Properties: { ...base, DeadLetteringOnMessageExpiration: true } },
    { Name: "contract-unique", Properties: { ...base, RequiresDuplicateDetection: true } },
    { Name: "contract-target", Properties: base },
    { Name: "contract-forwarding", Properties: { ...base, ForwardTo: "contract-target" } },
    { Name: "contract-forwarding-dead", Properties: { ...base, ForwardDeadLetteredMessagesTo: "contract-target" } },
  ],
  Topics: [
    {
      Name: "contract-topic",
      Properties: { RequiresDuplicateDetection: true },
      Subscriptions: [
        { Name: "all", Properties: base },
        { Name: "red", Properties: base, Rules: byLabel("red") },
        {
          Name: "large",
          Properties: base,
          Rules: [
            {
              Name: "size",
              Properties: { FilterType: "Correlation", CorrelationFilter: { Properties: { size: "large" } } },
            },
          ],
        },
        {
          Name: "none",
          Properties: base,
          Rules: [{ Name: "never", Properties: { FilterType: "Sql", SqlFilter: { SqlExpression: "1=0" } } }],
        },
        { Name: "forwarding", Properties: { ...base, ForwardTo: "contract-target" }, Rules: byLabel("forward") },
      ],
    },
  ],
};

export interface ContractBus {
  readonly connectionString: string;
  readonly client: ServiceBusClient;
  close(): Promise<void>;
}

/** The namespace under test, with a client that retries soon after a failure. */
export async function openContractBus(): Promise<ContractBus> {
  const given = process.env[CONNECTION_VARIABLE];
  const bus = given === undefined ? await startServiceBus(parseConfig(contractConfig())) : undefined;
  const connectionString = given ?? bus?.namespaces["contract"]?.connectionString ?? "";
  const client = new ServiceBusClient(connectionString, { retryOptions: { retryDelayInMs: 100, maxRetries: 1 } });
  return {
    connectionString,
    client,
    close: async () => {
      await client.close();
      await bus?.close();
    },
  };
}

/** Configuration text of one namespace `contract` with all entities; `listener` as in `Listeners`. */
export function contractConfig(listener: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    UserConfig: { Namespaces: [{ Name: "contract", ...ENTITIES }] },
    Listeners: { contract: listener },
  });
}

/** Longest wait for an expected message: a lock of five seconds and some margin. */
const PATIENCE_MS = 10_000;

/** The next message. @throws Error when none arrives. */
export async function take(receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage> {
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: PATIENCE_MS });
  if (message === undefined)
    throw new Error(`no message came from ${receiver.entityPath} within ${String(PATIENCE_MS)} ms`);
  return message;
}

/** `count` messages, in the order of arrival. */
export async function takeAll(
  receiver: ServiceBusReceiver,
  count: number,
): Promise<readonly ServiceBusReceivedMessage[]> {
  const taken: ServiceBusReceivedMessage[] = [];
  while (taken.length < count) taken.push(await take(receiver));
  return taken;
}

/** What `receiver` gets within a moment: for asserting that there is nothing. */
export async function glance(receiver: ServiceBusReceiver): Promise<readonly ServiceBusReceivedMessage[]> {
  return await receiver.receiveMessages(1, { maxWaitTimeInMs: 150 });
}

/** Receives, completes and closes: the messages in the entity `path`. */
export async function takeOnce(
  client: ServiceBusClient,
  path: string,
  options: ServiceBusReceiverOptions = {},
): Promise<ServiceBusReceivedMessage> {
  const receiver = client.createReceiver(path, { ...options, receiveMode: "receiveAndDelete" });
  try {
    return await take(receiver);
  } finally {
    await receiver.close();
  }
}
