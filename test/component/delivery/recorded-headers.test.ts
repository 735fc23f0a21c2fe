import { Secret } from "../../../shared/core/secret.ts";
import { add, aWebhook, deliveryFixture, startBackends } from "../support/delivery-fixture.ts";
import type { Backends } from "../support/delivery-fixture.ts";

let backends: Backends;

beforeAll(async () => {
  backends = await startBackends();
});

afterAll(() => backends.close());

test("a secret header is hidden in its own place whatever its value: a plain word, a value of the event; others and ours are shown", async () => {
  const made = deliveryFixture(backends);
  const header = (key: string, value: string, secret: boolean) => ({ key, value: new Secret(value), secret });
  const headers = [
    header("X-Flag", "true", true),
    header("X-Member", "{{memberId}}", true),
    header("X-Api-Key", "s3cret-of-the-receiver", true),
    header("X-Plain", "true", false),
  ];
  add(made, aWebhook(backends.server, "wh_a", { headers }));
  await made.deliver(made.event("e1"));
  const [row] = await made.rows();
  const [attempt] = await backends.store.attempts(made.scope, row?.id ?? "");
  const seen = new Map(attempt?.request?.headers.map(({ key, value }) => [key.toLowerCase(), value]));
  expect(["x-flag", "x-member", "x-api-key"].map((key) => seen.get(key))).toEqual(["•••", "•••", "•••"]);
  expect([seen.get("x-plain"), seen.get("webhook-id"), seen.get("webhook-attempt")]).toEqual(["true", row?.id, "1"]);
  const [sent] = backends.server.seen;
  expect(sent?.headers).toMatchObject({ "x-flag": "true", "x-api-key": "s3cret-of-the-receiver" });
});
