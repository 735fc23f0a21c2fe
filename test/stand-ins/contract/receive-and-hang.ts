import { ServiceBusClient } from "@azure/service-bus";

/** A client that receives one message, prints its id and never settles it: meant to be killed. Arguments: connection string, queue. */
const [connectionString = "", queue = ""] = process.argv.slice(2);
const [message] = await new ServiceBusClient(connectionString).createReceiver(queue).receiveMessages(1);
process.stdout.write(`${String(message?.messageId)} ${String(message?.lockedUntilUtc?.getTime())}\n`);
