import type { SeenResponse, SentRequest } from "../../../shared/core/deliveries/delivery.ts";
import { Secret } from "../../../shared/core/secret.ts";
import { add, aWebhook, deliveryFixture, startBackends } from "../support/delivery-fixture.ts";
import type { Backends, DeliveryFixture } from "../support/delivery-fixture.ts";
import type { TlsServer } from "../support/tls-server.ts";

let backends: Backends;
let server: TlsServer;

beforeAll(async () => {
  backends = await startBackends();
  ({ server } = backends);
});

afterAll(() => backends.close());

beforeEach(() => {
  backends.reset();
});

/** Two characters that take two each in JSON. */
const QUOTE = '\\"';
const SECRET = "a-secret-of-the-largest-webhook";

/** The largest webhook that the contract allows, sent for an event of nearly 1 MiB that is included in full. */
function largestFixture(): { made: DeliveryFixture; event: Buffer } {
  const made = deliveryFixture(backends);
  const headers = Array.from({ length: 49 }, (_, index) => ({
    key: `X-Header-${String(index)}`,
    value: new Secret(QUOTE.repeat(2_048)),
    secret: false,
  }));
  headers.push({ key: "X-Api-Key", value: new Secret(SECRET), secret: true });
  const body = `{"secret":"${SECRET}","quotes":"${QUOTE.repeat(32_000)}","of the event":{{text}}}`;
  add(made, aWebhook(server, "wh_a", { headers, body, url: `${server.url}/${"u".repeat(3_900)}?m={{memberId}}` }));
  return { made, event: made.event("e".repeat(1_024), `{"memberId":"M-1","text":"${"\\u0000".repeat(160_000)}"}`) };
}

/** The body that costs the record most, longer than what is read of it. */
const ANSWER = "\u0000".repeat(40_000) + "😀".repeat(20_000) + SECRET;
/** As many headers as a client of HTTP takes: nearly 16 KB. */
const ANSWER_HEADERS = Array.from({ length: 40 }, (_, index): [string, string] => [
  `x-${String(index)}`,
  `${QUOTE}é`.repeat(120),
]);

/** What people see of the only attempt of the only delivery. */
async function shownOf(made: DeliveryFixture): Promise<{ request: SentRequest; response: SeenResponse; text: string }> {
  const [row, ...others] = await made.rows();
  const [attempt, ...more] = await backends.store.attempts(made.scope, row?.id ?? "");
  expect([others, more]).toEqual([[], []]);
  if (attempt?.request === undefined || attempt.response === undefined) throw new Error("Something was not recorded.");
  return { request: attempt.request, response: attempt.response, text: JSON.stringify(attempt) };
}

test.each([
  [200, { state: "delivered", reason: null }],
  [
    500,
    {
      state: "failed",
      reason: {
        kind: "status",
        message:
          "The receiver answered 500. The event is too large to be put on the bus again, so it is not tried again.",
      },
    },
  ],
])(
  "the largest request and the largest answer, %d, are sent once and recorded, whole or marked as cut",
  async (status, outcome) => {
    const { made, event } = largestFixture();
    server.answer = (_request, response) => response.writeHead(status, ANSWER_HEADERS.flat()).end(ANSWER);
    await made.deliver(event);
    // The bus gives it once more: what is recorded is not sent again.
    await made.deliver(event, 2);
    expect(server.seen).toHaveLength(1);
    expect(server.seen[0]?.headers["x-header-48"]).toHaveLength(4_096);
    const [row] = await made.rows();
    expect(row).toMatchObject({ ...outcome, attemptCount: 1, eventId: "e".repeat(1_024) });
    const { request, response, text } = await shownOf(made);
    expect(request.body).toMatch(/^\{"secret":"•••","quotes":".*… \(\d+ characters in all\)$/s);
    expect(request.headers.length).toBeGreaterThan(30);
    const last = request.headers.at(-1);
    expect([last?.key, last?.value]).toEqual(["…", expect.stringMatching(/^\d+ more headers are not shown$/)]);
    expect(response).toMatchObject({ status, truncated: true });
    expect(response.headers).toEqual(expect.arrayContaining([{ key: "x-39", value: ANSWER_HEADERS[39]?.[1] }]));
    expect(response.body).toMatch(/^\0{40000}/);
    expect(text).not.toContain(SECRET);
    expect(made.log.map(({ event: name }) => name)).toEqual(["delivery.attempted"]);
  },
);

test("twenty deliveries more of it at the same moment are recorded each", async () => {
  const { made, event } = largestFixture();
  const [webhook] = made.webhooks.values();
  for (let index = 0; webhook && index < 20; index += 1) add(made, { ...webhook, id: `wh_${String(index)}` });
  server.answer = (_request, response) => response.writeHead(200, ANSWER_HEADERS.flat()).end(ANSWER);
  await made.deliver(event);
  expect(server.seen).toHaveLength(21);
  expect((await made.rows()).map(({ state }) => state)).toEqual(Array.from({ length: 21 }, () => "delivered"));
});
