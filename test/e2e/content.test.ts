import { HOSTILE, SAMPLES as ALL_SAMPLES } from "../support/content-types.ts";
import { event, startApp } from "./app-under-test.ts";
import type { AppUnderTest } from "./app-under-test.ts";

// Block strings of GraphQL carry no layout: which values they do carry is said where one event is made for each sample.
const SAMPLES = ALL_SAMPLES.filter(({ type }) => type !== "application/graphql");

let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const at = (path: string) => app.receiver.requests.filter((request) => request.path === path);
const url = (path: string) => `https://localhost:${String(app.receiver.port)}${path}`;
const type = (value: string) => [{ key: "Content-Type", value }];

test("of 60 content types and more what arrives parses, with the template's fields and the hostile values in them", async () => {
  for (const [index, sample] of SAMPLES.entries()) {
    const { body } = sample;
    await app.create("webhooks", {
      name: `Sample ${String(index)}`,
      eventTypes: ["reward.issued"],
      url: url(`/samples/${String(index)}/{{n}}`),
      headers: type(sample.type),
      body,
    });
  }
  // All of them at once, and the worst of each grammar separately.
  const values = [HOSTILE.join("-"), '","admin":true,"x":"', "</d><admin/>]]>&", '"""\r\n--bo.und\r\n', "\0\u2028😀="];
  const carried = values.map((value, n) => ({ n, x: value.toWellFormed().replace(/^["\\]+|["\\]+$/g, "") }));
  await app.publish("acme", ...carried.map(({ n, x }) => event(`evt-hostile-${String(n)}`, JSON.stringify({ n, x }))));
  const wanted = SAMPLES.length * carried.length;
  await app.receiver.until(
    (requests) => requests.filter(({ path }) => path.startsWith("/samples/")).length >= wanted,
    120_000,
  );
  for (const [index, { type: contentType, read, expected, carries = (x: string) => x }] of SAMPLES.entries()) {
    for (const { n, x } of carried) {
      const [request] = at(`/samples/${String(index)}/${String(n)}`);
      expect(request?.headers["content-type"]).toBe(contentType);
      const found = await read(request?.bytes ?? Buffer.alloc(0), contentType);
      expect([contentType, n, found]).toEqual([contentType, n, expected(carries(x), x)]);
    }
  }
}, 180_000);

test.each([
  ["ISO-8859-1", "latin1", "<a>Zoë &#8364;</a>"],
  ["windows-1252", "windows-1252", "<a>Zoë €</a>"],
  ["UTF-16", "utf-16", "<a>Zoë €</a>"],
  ["us-ascii", "latin1", "<a>Zo&#235; &#8364;</a>"],
  ["utf-8", "utf-8", "<a>Zoë €</a>"],
])(
  "text/xml; charset=%s with Zoë € arrives in that charset, and is recorded as it reads",
  async (charset, decoder, body) => {
    const path = `/charsets/${charset}`;
    const webhookId = await app.create("webhooks", {
      name: charset,
      eventTypes: ["reward.canceled"],
      url: url(path),
      headers: type(`text/xml; charset=${charset}`),
      body: "<a>{{x}}</a>",
    });
    const id = `evt-${charset}`;
    await app.publish("acme", event(id, '{"x":"Zoë €"}', { type: "reward.canceled" }));
    await app.receiver.until(() =>
      at(path).some(({ headers }) => headers["content-type"] === `text/xml; charset=${charset}`),
    );
    const request = at(path)[0];
    const bytes = request?.bytes ?? Buffer.alloc(0);
    expect(decoder === "latin1" ? bytes.toString("latin1") : new TextDecoder(decoder).decode(bytes)).toBe(body);
    expect(request?.headers["content-length"]).toBe(String(bytes.length));

    const { json: list } = await app.eventually(
      `deliveries?eventId=${id}&webhookId=${webhookId}`,
      ({ json }) => json.at("items", 0, "state") === "delivered",
    );
    const { json: delivery } = await app.api("GET", `deliveries/${String(list.at("items", 0, "id"))}`);
    expect(delivery.at("attempts", 0, "request", "body")).toBe(body);
    expect(delivery.at("attempts", 0, "request", "headers")).toContainEqual({
      key: "content-length",
      value: String(bytes.length),
    });
  },
);
