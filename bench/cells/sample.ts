import { randomUUID } from "node:crypto";
import { TableClient } from "@azure/data-tables";
import * as z from "zod";
import { eventBytes } from "../support/event.ts";
import type { Cell, Plan } from "./plan.ts";

const PARTITION = "acme";
const eventSchema = z.object({ id: z.string(), data: z.object({ attributes: z.record(z.string(), z.unknown()) }) });
const tokenSchema = z.object({ access_token: z.string() });
const webhookSchema = z.object({ url: z.string(), body: z.string() });

/**
 * What one writes in an afternoon from the SDKs' samples: read the webhooks, and for each request a token, replace placeholders, call `fetch` and
 * write a row. Generous: the clients are created once, and one webhook takes each event.
 */
export async function sampleCell({ sinkPort, path, tables }: Plan): Promise<Cell> {
  const receiver = `https://localhost:${String(sinkPort)}`;
  const open = (name: string): TableClient =>
    TableClient.fromConnectionString(tables, name, { allowInsecureConnection: true });
  const [webhooks, log] = [open("webhooks"), open("log")];
  await webhooks.createTable();
  await log.createTable();
  const template = JSON.stringify({ to: "{{memberEmail}}", name: "{{firstName}}", text: "t".repeat(540) });
  await webhooks.createEntity({ partitionKey: PARTITION, rowKey: "one", url: receiver + path, body: template });
  const deliver = async (message: Buffer): Promise<void> => {
    const event = eventSchema.parse(JSON.parse(message.toString("utf8")));
    for await (const entity of webhooks.listEntities({ queryOptions: { filter: `PartitionKey eq '${PARTITION}'` } })) {
      const { url, body } = webhookSchema.parse(entity);
      const form = new URLSearchParams({
        grant_type: "client_credentials",
        client_id: "bench",
        client_secret: "s3cret",
      });
      const asked = await fetch(`${receiver}/token`, { method: "POST", body: form });
      const { access_token } = tokenSchema.parse(await asked.json());
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${access_token}` },
        body: body.replace(/{{(\w+)}}/g, (_, name: string) => String(event.data.attributes[name])),
      });
      const text = await response.text();
      await log.createEntity({
        partitionKey: PARTITION,
        rowKey: randomUUID(),
        event: event.id,
        status: response.status,
        text,
      });
    }
  };
  return { call: () => deliver(eventBytes(randomUUID(), "reward.issued", "p0", new Date().toISOString())) };
}
