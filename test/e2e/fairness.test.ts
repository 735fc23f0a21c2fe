import { startMutePort } from "../component/support/client-bus.ts";
import { event, startApp } from "./app-under-test.ts";
import type { AppUnderTest } from "./app-under-test.ts";
import type { Answer, Received } from "./receiver.ts";

let app: AppUnderTest;
let mute: Awaited<ReturnType<typeof startMutePort>>;
beforeAll(async () => {
  mute = await startMutePort();
  app = await startApp({ OUTBOUND_ALLOW: `localhost:${String(mute.port)}` });
});
afterAll(async () => {
  await app.close();
  await mute.close();
});

const url = (path: string): string => `https://localhost:${String(app.receiver.port)}${path}`;
const at = (path: string): readonly Received[] => app.receiver.requests.filter((request) => request.path === path);

/** Makes every path that begins with `prefix` hang until it is released; the most requests that hung at the same time, by path. */
function hang(prefix: string): { most: Map<string, number>; answer: () => void } {
  const most = new Map<string, number>();
  const held: (() => void)[] = [];
  let hangs = true;
  app.receiver.answers(({ path }) => {
    if (!hangs || !path.startsWith(prefix)) return { status: 200 };
    const now = [...app.receiver.open].filter((request) => request.path === path).length;
    most.set(path, Math.max(most.get(path) ?? 0, now));
    return new Promise<Answer>((resolve) => {
      held.push(() => {
        resolve({ status: 200 });
      });
    });
  });
  return {
    most,
    answer: () => {
      hangs = false;
      for (const release of held) release();
    },
  };
}

test("one of ten webhooks hangs: the others have every event at once, and it has all of them once it answers again", async () => {
  const healthy = Array.from({ length: 9 }, (_, index) => `/good/${String(index)}`);
  const begun = performance.now();
  // It hangs for longer than this test takes: nothing here gets on because an attempt's time is up.
  const body = "{{event.id}}";
  const hungId = await app.create("webhooks", { name: "Hung", url: url("/hung"), body, timeoutSeconds: 60 });
  for (const path of healthy) await app.create("webhooks", { name: path, url: url(path), body });
  await app.create("webhooks", { name: "Other client", url: url("/globex"), body }, "globex");
  const hung = hang("/hung");

  // More events than the host has calls at the same time: without a cap the hung webhook would keep all of them.
  const names: string[] = [];
  for (let round = 0; round < 8; round += 1) {
    const more = Array.from({ length: 20 }, (_, index) => `evt-${String(round)}-${String(index)}`);
    names.push(...more);
    await app.publish("acme", ...more.map((name) => event(name)));
    await app.publish("globex", event(`evt-${String(round)}`));
    await app.receiver.until(
      () => at("/globex").length > round && healthy.every((path) => at(path).length >= names.length),
    );
  }
  expect([...app.receiver.open].filter(({ path }) => path === "/hung")).toHaveLength(16);
  expect(hung.most.get("/hung")).toBe(16);
  for (const path of healthy) {
    expect(new Set(at(path).map(({ body }) => body))).toEqual(new Set(names));
    expect(at(path).every(({ headers }) => headers["webhook-attempt"] === "1")).toBe(true);
    expect(at(path)).toHaveLength(names.length);
  }
  // What waits is there for people to see.
  const { json: waits } = await app.api("GET", `deliveries?webhookId=${hungId}&state=pending&limit=100`);
  expect(waits.at("items", 99, "state")).toBe("pending");

  hung.answer();
  await app.receiver.until(() => at("/hung").length >= names.length);
  expect(
    at("/hung")
      .map(({ body }) => body)
      .toSorted(),
  ).toEqual(names.toSorted());
  expect(at("/hung").every(({ headers }) => headers["webhook-attempt"] === "1")).toBe(true);
  for (const state of ["pending", "retrying", "failed"]) {
    await app.eventually(
      `deliveries?webhookId=${hungId}&state=${state}`,
      ({ json }) => json.at("items", 0) === undefined && json.at("next") === null,
    );
  }
  const told = app.stack
    .logs("host")
    .split("\n")
    .filter((line) => line.includes('"delivery.deferred"') && line.includes(hungId));
  // Once a minute.
  expect(told.length).toBeLessThanOrEqual(1 + Math.floor((performance.now() - begun) / 60_000));
});

test("twelve webhooks that hang at the same time, each in its own way and with its own events, leave a neighbour its turn", async () => {
  const hung = hang("/many/");
  for (let index = 0; index < 12; index += 1) {
    const where = index % 4 === 3 ? `https://localhost:${String(mute.port)}/` : url(`/many/${String(index)}`);
    await inProgram(`hung-${String(index)}`, { name: "Hung", url: where, timeoutSeconds: 60 });
  }
  await inProgram("good", { name: "Good", url: url("/beside"), body: "{{event.id}}" });
  const batch = Array.from({ length: 240 }, (_, index) =>
    event(`evt-many-${String(index)}`, "{}", { program: `hung-${String(index % 12)}` }),
  );
  await app.publish("acme", ...batch);
  for (let round = 1; round <= 5; round += 1) {
    await app.publish("acme", event(`evt-beside-${String(round)}`, "{}", { program: "good" }));
    await app.receiver.until(() => at("/beside").length >= round);
  }
  expect(at("/beside").every(({ headers }) => headers["webhook-attempt"] === "1")).toBe(true);
  const open = [...app.receiver.open].filter(({ path }) => path.startsWith("/many/"));
  expect(open.length).toBeLessThanOrEqual(64 + 12);
  expect(Math.max(...hung.most.values())).toBeLessThanOrEqual(16);
  hung.answer();
  await app.receiver.until(
    (requests) => new Set(requests.filter(({ path }) => path.startsWith("/many/")).map(idOf)).size === 180,
  );
});

const idOf = ({ headers }: Received): string => String(headers["webhook-id"]);

/** A webhook in its own program, so that its events match no other webhook. */
async function inProgram(program: string, webhook: Readonly<Record<string, unknown>>): Promise<void> {
  const { runtime } = app.stack;
  const response = await fetch(`${runtime.api}/api/clients/acme/programs/${program}/environments/uat/webhooks`, {
    method: "POST",
    headers: { authorization: `Bearer ${runtime.tokens.admin}`, "content-type": "application/json" },
    body: JSON.stringify(webhook),
  });
  expect(response.status).toBe(201);
}
