import { invalid } from "../../../shared/management/outcomes.ts";
import { HEADER_VALUE_WHITELIST } from "../../../shared/contract/header-rules.ts";
import { parseCredential } from "../../../shared/management/credential-input.ts";
import { parseWebhook } from "../../../shared/management/webhook-input.ts";
import type { CredentialConfig } from "../../../shared/core/configuration/credential.ts";
import type { WebhookConfig } from "../../../shared/core/configuration/webhook.ts";
import { deliveryId } from "../../../shared/core/deliveries/delivery-id.ts";
import { parseMessage } from "../../../shared/core/events/message.ts";
import type { KlsEvent } from "../../../shared/core/events/event.ts";
import { compileWebhook, renderRequest } from "../../../shared/core/requests/render-request.ts";
import { credentialPage } from "../../../shared/contract/credential.ts";
import { deliveryAnswer, deliveryPage } from "../../../shared/contract/delivery.ts";
import { canaryAnswer, readinessAnswer } from "../../../shared/contract/operations.ts";
import { problemSchema } from "../../../shared/contract/problem.ts";
import { webhookPage } from "../../../shared/contract/webhook.ts";
import { problemDocument } from "../../support/contract-in-code.ts";
import { blockOf, readDocument, tableOf } from "../../support/markdown.ts";

const api = readDocument("docs/api.md");
const json = (name: string): unknown => JSON.parse(blockOf(api, `json ${name}`));
const header = { headerCharacters: HEADER_VALUE_WHITELIST, previous: undefined };

function eventOfThePage(): KlsEvent {
  const message = parseMessage(Buffer.from(blockOf(api, "json event")), new Date("2026-11-23T10:00:01Z"), "acme");
  if (message.kind !== "event") throw new Error(JSON.stringify(message));
  return message.event;
}

function webhookOf(input: unknown): WebhookConfig {
  const parsed = parseWebhook(input, { ...header, credentialFound: false });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.value;
}

function credentialOf(input: unknown): CredentialConfig {
  const parsed = parseCredential(input, header);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.value;
}

interface Pair {
  readonly key: string;
  readonly value: { reveal(): string };
  readonly secret: boolean;
}

/** Pairs as a request writes them. */
function written(pairs: readonly Pair[]): unknown[] {
  return pairs.map(({ key, value, secret }) => ({ key, value: value.reveal(), secret }));
}

/** The table of fields that has this cell: name and default of each. */
function defaultsWith(cell: string): Record<string, string> {
  const tables = api.split(/\n{2,}/).filter((text) => text.startsWith("| field ") && text.includes(cell));
  expect(tables).toHaveLength(1);
  return Object.fromEntries(
    tableOf(tables[0] ?? "", "field", "rule", "default").map(([name = "", , fallback = ""]) => [name, fallback]),
  );
}

test("the webhook shows every field, is accepted, and marks the key as secret", () => {
  const { headers, ...config } = webhookOf(json("webhook"));
  expect({ ...config, headers: written(headers) }).toEqual({
    ...Object(json("webhook")),
    headers: [
      { key: "Content-Type", value: "application/json", secret: false },
      { key: "X-Api-Key", value: "k-51f0c3", secret: true },
    ],
  });
});

/** Each field of a configuration that gives only what is required, with its value. */
function defaultsOf(config: object): Record<string, string> {
  const written = Object.entries(config).map(([field, value]): [string, string] => [field, JSON.stringify(value)]);
  return { ...Object.fromEntries(written), name: "required", url: "required" };
}

const LEAST = { name: "x", url: "https://x" };

test("every field of a webhook is in the table with its default", () => {
  expect(defaultsWith("`retryPolicy`")).toEqual(defaultsOf(webhookOf(LEAST)));
});

test("the credential shows every field, is accepted, and marks what is secret", () => {
  const { headers, body, ...config } = credentialOf(json("credential"));
  expect({ ...config, headers: written(headers), body: written(body) }).toEqual({
    ...Object(json("credential")),
    headers: [{ key: "Authorization", value: "Basic a2xzOnMzY3IzdA==", secret: true }],
    body: [
      { key: "grant_type", value: "client_credentials", secret: false },
      { key: "client_secret", value: "s3cr3t-9c2f", secret: true },
    ],
  });
});

test("every field of a credential is in the table with its default, which the example shows where it is long", () => {
  const { token, placement, ...more } = credentialOf(LEAST);
  const long = { token: "as in the example", placement: "as in the example" };
  expect(defaultsWith("`placement`")).toEqual({ ...defaultsOf(more), ...long });
  expect(credentialOf(json("credential"))).toMatchObject({ token, placement });
});

test("the event and the webhook make the request, to the letter", () => {
  const [head = "", body = ""] = blockOf(api, "http request").split("\n\n");
  const [line = "", ...lines] = head.split("\n");
  const headers = new Map(
    lines.map((text): [string, string] => [text.split(": ")[0] ?? "", text.split(": ")[1] ?? ""]),
  );
  const rendering = renderRequest(compileWebhook(webhookOf(json("webhook"))), eventOfThePage());
  if (!rendering.ok) throw new Error(rendering.fault.message);
  const { request } = rendering;
  const [method, path, version] = line.split(" ");
  expect([method, `https://${headers.get("host") ?? ""}${path ?? ""}`, version]).toEqual([
    "POST",
    request.url,
    "HTTP/1.1",
  ]);
  expect(body).toBe(request.body);
  expect([...headers].slice(1, 1 + request.headers.length)).toEqual(request.headers);
  expect(headers.get("content-length")).toBe(String(Buffer.byteLength(body)));
});

test("the delivery is that of the event to the webhook, and shows the same request without its secret", () => {
  const delivery = deliveryAnswer.parse(json("delivery"));
  const event = eventOfThePage();
  const { id, webhookId, eventId, eventType, attempts } = delivery;
  expect([id, eventId, eventType]).toEqual([deliveryId(event, webhookId), event.id, event.type]);
  expect(delivery.event).toEqual(json("event"));
  const rendering = renderRequest(compileWebhook(webhookOf(json("webhook"))), event);
  if (!rendering.ok) throw new Error(rendering.fault.message);
  const { url, body } = rendering.request;
  const [attempt] = attempts;
  expect(attempt?.request).toMatchObject({ method: "POST", url, body });
  const headers = attempt?.request?.headers.map(({ key, value }) => `${key}: ${value}`);
  const [, , ...sent] = blockOf(api, "http request").split("\n\n")[0]?.split("\n") ?? [];
  expect(headers).toEqual(sent.map((line) => line.replace("k-51f0c3", "•••")));
  const seconds = Math.floor(Date.parse(attempt?.startedAt ?? "") / 1000);
  const ours = [`webhook-id: ${id}`, `webhook-timestamp: ${String(seconds)}`, "webhook-attempt: 1"];
  expect(headers).toEqual(expect.arrayContaining(ours));
});

test("the other answers have the form of their schemas", () => {
  for (const schema of [webhookPage, credentialPage, deliveryPage]) expect(schema.parse(json("page")).next).toBeNull();
  expect(canaryAnswer.parse(json("canary")).eventId).toMatch(/^canary-/);
  const readiness: unknown = JSON.parse(blockOf(readDocument("docs/operations.md"), "json"));
  expect(readinessAnswer.parse(readiness).status).toBe("not-ready");
});

test("the problem is what the API answers to such a webhook", () => {
  const parsed = parseWebhook(
    { name: "x", url: "http://x", headers: [{ value: "x" }] },
    { ...header, credentialFound: false },
  );
  const example = problemSchema.parse(json("problem"));
  expect(problemDocument(invalid(parsed.ok ? [] : parsed.errors), example.requestId)).toEqual(example);
});
