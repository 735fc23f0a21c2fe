import { event, startApp } from "./app-under-test.ts";
import type { AppUnderTest } from "./app-under-test.ts";

let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const EVENTS = 1_000;

/** One in a hundred is refused for good. */
const isRefused = (name: string): boolean => name.endsWith("00");
const ATTRIBUTES = '{"memberId":"M-1","points":12345678901234567890,"balance":0.10}';

test("2,000 events over two clients, the host killed in the middle: each arrives, repeats carry the same id, nothing is left unfinished, and what failed has its event", async () => {
  app.receiver.answers(
    ({ body }) =>
      new Promise((resolve) =>
        setTimeout(() => {
          resolve({ status: isRefused(body) ? 422 : 200 });
        }, 20),
      ),
  );
  for (const client of ["acme", "globex"]) {
    const url = `https://localhost:${String(app.receiver.port)}/${client}`;
    await app.create("webhooks", { name: "Crash", url, body: "{{event.id}}" }, client);
  }
  const names = Array.from({ length: EVENTS }, (_, index) => `evt-${String(index)}`);
  await Promise.all(
    ["acme", "globex"].map((client) => app.publish(client, ...names.map((name) => event(name, ATTRIBUTES)))),
  );
  await app.receiver.until((requests) => requests.length > EVENTS / 2);
  const back = app.stack.processes.host.restarted();
  app.stack.processes.host.kill("SIGKILL");
  await back;

  const wanted = (client: string) =>
    new Set(app.receiver.requests.filter(({ path }) => path === `/${client}`).map(({ body }) => body));
  await app.receiver.until(() => wanted("acme").size === EVENTS && wanted("globex").size === EVENTS, 180_000);
  await Promise.all(["acme", "globex"].map((client) => app.publish(client, event("evt-after-00", ATTRIBUTES))));
  await app.receiver.until(() => wanted("acme").size > EVENTS && wanted("globex").size > EVENTS, 60_000);

  const idOf = new Map<string, string>();
  for (const { path, body, headers } of app.receiver.requests) {
    const key = `${path} ${body}`;
    const id = String(headers["webhook-id"]);
    expect(idOf.get(key) ?? id).toBe(id);
    idOf.set(key, id);
  }
  expect(new Set(idOf.values()).size).toBe(2 * EVENTS + 2);

  // The last outcomes are recorded a moment after the receiver has answered.
  for (const client of ["acme", "globex"]) {
    const counts = await statesOnceSettled(client);
    const failed = names.filter(isRefused).length + 1;
    expect(Object.fromEntries(counts)).toEqual({ delivered: EVENTS - failed + 1, failed });
    const page = await app.api("GET", "deliveries?state=failed,canceled&limit=100", undefined, { client });
    const ids = [...page.json.text.matchAll(/"id":"(dl_[^"]+)"/g)].map(([, id = ""]) => id);
    expect(ids).toHaveLength(failed);
    for (const id of ids) {
      const { json } = await app.api("GET", `deliveries/${id}`, undefined, { client });
      expect(json.at("event", "id")).toBe(json.at("eventId"));
      expect(json.text).toContain(`"attributes":${ATTRIBUTES}`);
    }
  }
}, 400_000);

/** How many deliveries there are in each state, once none is pending or on its way back. */
async function statesOnceSettled(client: string): Promise<Map<string, number>> {
  for (;;) {
    const counts = new Map<string, number>();
    let cursor: string | null = "";
    while (cursor !== null) {
      const page = cursor === "" ? "" : `&cursor=${cursor}`;
      const { json } = await app.api("GET", `deliveries?limit=100${page}`, undefined, { client });
      for (const [, state = ""] of json.text.matchAll(/"state":"(\w+)"/g))
        counts.set(state, (counts.get(state) ?? 0) + 1);
      const next = json.at("next");
      cursor = typeof next === "string" ? next : null;
    }
    if (!counts.has("pending") && !counts.has("retrying")) return counts;
  }
}

test("the bus killed twice while events come and retries are scheduled: nothing that it took is lost", async () => {
  const refused = new Set<string>();
  // Each event is refused once, so that a retry message waits on the bus when it is killed.
  app.receiver.answers(({ path, body }) => {
    if (path !== "/bus" || refused.has(body)) return { status: 200 };
    refused.add(body);
    return { status: 503, headers: { "retry-after": "1" } };
  });
  await app.create("webhooks", {
    name: "Bus crash",
    url: `https://localhost:${String(app.receiver.port)}/bus`,
    body: "{{event.id}}",
    retryPolicy: "fast",
  });
  const names = Array.from({ length: 100 }, (_, index) => `evt-bus-${String(index)}`);
  for (const half of [names.slice(0, 50), names.slice(50)]) {
    await app.publish("acme", ...half.map((name) => event(name)));
    await app.receiver.until(() => half.some((name) => refused.has(name)));
    const back = app.stack.processes.serviceBus.restarted();
    app.stack.processes.serviceBus.kill("SIGKILL");
    await back;
  }
  const arrived = (): Set<string> => {
    const seen = app.receiver.requests.filter(({ path }) => path === "/bus").map(({ body }) => body);
    return new Set(seen.filter((name, index) => seen.indexOf(name) !== index));
  };
  await app.receiver.until(() => arrived().size === names.length, 180_000);
}, 300_000);
