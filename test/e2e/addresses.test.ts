import { event, startHouse } from "./house.ts";
import type { House } from "./house.ts";

let house: House;
beforeAll(async () => {
  house = await startHouse();
});
afterAll(() => house.close());

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
  const id = await house.create("webhooks", { name, url, eventTypes: ["reward.issued"] });
  await house.publish("acme", event(`evt-${name}`));
  const { json } = await house.eventually(
    `deliveries?webhookId=${id}`,
    ({ json }) => json.at("items", 0, "state") === "failed",
  );
  expect(json.at("items", 0, "reason", "kind")).toBe("address-refused");
  const { json: delivery } = await house.api("GET", `deliveries/${String(json.at("items", 0, "id"))}`);
  expect(delivery.at("attempts", 0, "fault", "kind")).toBe("address-refused");
  expect(delivery.at("attempts", 0, "response")).toBeUndefined();
  expect(delivery.at("attempts", 1)).toBeUndefined();
  await house.api("DELETE", `webhooks/${id}`, undefined, { headers: { "if-match": "*" } });
});

test.each(forbidden)(
  "a token endpoint at %s is refused likewise, and nothing goes out without a token",
  async (url) => {
    const credentialId = await house.create("credentials", {
      name: `token from ${url}`,
      url,
      body: [{ key: "grant_type", value: "client_credentials" }],
    });
    const id = await house.create("webhooks", {
      name: `with a token from ${url}`,
      url: `https://localhost:${String(house.receiver.port)}/never`,
      credentialId,
      eventTypes: ["reward.redeemed"],
    });
    await house.publish("acme", event(`evt-token-${url}`, "{}", { type: "reward.redeemed" }));
    const { json } = await house.eventually(
      `deliveries?webhookId=${id}`,
      ({ json }) => json.at("items", 0, "state") === "failed",
    );
    expect(json.at("items", 0, "reason", "kind")).toBe("address-refused");
    expect(house.receiver.requests).toHaveLength(0);
    await house.api("DELETE", `webhooks/${id}`, undefined, { headers: { "if-match": "*" } });
  },
);
