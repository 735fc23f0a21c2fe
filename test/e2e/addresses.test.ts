import { event, startApp } from "./app-under-test.ts";
import type { AppUnderTest } from "./app-under-test.ts";

let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const forbidden = [
  "https://169.254.169.254/",
  "https://[::ffff:10.0.0.1]/",
  "https://0x7f000001/",
  "https://localhost:1/",
  "https://127.1/",
  "https://[::1]/",
];

test.each(forbidden)("a webhook to %s is refused before a connection is made", async (url) => {
  const name = `to ${url}`;
  const id = await app.create("webhooks", { name, url, eventTypes: ["reward.issued"] });
  await app.publish("acme", event(`evt-${name}`));
  const { json } = await app.eventually(
    `deliveries?webhookId=${id}`,
    ({ json }) => json.at("items", 0, "state") === "failed",
  );
  expect(json.at("items", 0, "reason", "kind")).toBe("address-refused");
  const { json: delivery } = await app.api("GET", `deliveries/${String(json.at("items", 0, "id"))}`);
  expect(delivery.at("attempts", 0, "fault", "kind")).toBe("address-refused");
  expect(delivery.at("attempts", 0, "response")).toBeUndefined();
  expect(delivery.at("attempts", 1)).toBeUndefined();
  await app.api("DELETE", `webhooks/${id}`, undefined, { headers: { "if-match": "*" } });
});

test.each(forbidden)(
  "a token endpoint at %s is refused likewise, and nothing goes out without a token",
  async (url) => {
    const credentialId = await app.create("credentials", {
      name: `token from ${url}`,
      url,
      body: [{ key: "grant_type", value: "client_credentials" }],
    });
    const id = await app.create("webhooks", {
      name: `with a token from ${url}`,
      url: `https://localhost:${String(app.receiver.port)}/never`,
      credentialId,
      eventTypes: ["reward.redeemed"],
    });
    await app.publish("acme", event(`evt-token-${url}`, "{}", { type: "reward.redeemed" }));
    const { json } = await app.eventually(
      `deliveries?webhookId=${id}`,
      ({ json }) => json.at("items", 0, "state") === "failed",
    );
    expect(json.at("items", 0, "reason", "kind")).toBe("address-refused");
    expect(app.receiver.requests).toHaveLength(0);
    await app.api("DELETE", `webhooks/${id}`, undefined, { headers: { "if-match": "*" } });
  },
);
