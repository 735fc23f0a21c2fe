import { checkAnswer } from "../support/checked-answer.ts";
import { event, startApp } from "./app-under-test.ts";
import { PATIENCE_MS } from "./receiver.ts";
import type { AppUnderTest } from "./app-under-test.ts";
import type { PartName } from "../../local/stack/stack.ts";

let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const good = { ok: true, ms: expect.any(Number) as number };
const late = { ok: false, ms: expect.any(Number) as number, reason: "No answer within 5 s." };

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Any path of the host, as an operator of all clients. */
async function call(method: string, path: string): Promise<Answer> {
  const { api, tokens } = app.stack.runtime;
  const response = await fetch(`${api}/${path}`, { method, headers: { authorization: `Bearer ${tokens.admin}` } });
  const text = await response.text();
  const body: unknown = text === "" ? undefined : JSON.parse(text);
  if (path.startsWith("api/")) checkAnswer(method, path, response.status, body);
  return { status: response.status, body };
}

const ready = (query = ""): Promise<Answer> => call("GET", `api/health/ready${query}`);

/** Asks until it is so; the answers before are the app's last moments in the other state. */
async function until(ask: () => Promise<Answer>, wanted: (answer: Answer) => boolean): Promise<Answer> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`Not so within ${String(PATIENCE_MS)} ms: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Runs the timer `watch` now and returns the line that it logs. */
async function watchLine(): Promise<string> {
  const lines = (): string[] =>
    app.stack
      .logs("host")
      .split("\n")
      .filter((line) => line.includes('"event":"readiness.'));
  const before = lines().length;
  expect((await call("POST", "admin/functions/watch")).status).toBe(202);
  const seen = (): Promise<Answer> => Promise.resolve({ status: lines().length, body: undefined });
  await until(seen, ({ status }) => status > before);
  return lines().at(-1) ?? "";
}

/** Does something while a part is frozen: it holds its connections and answers nothing. */
async function whileFrozen(part: PartName, work: () => Promise<void>): Promise<void> {
  app.stack.processes[part].kill("SIGSTOP");
  try {
    await work();
  } finally {
    app.stack.processes[part].kill("SIGCONT");
  }
}

test("ready reports when a client's function last ran, and null for one that never did", async () => {
  const before = Date.now();
  await app.create("webhooks", {
    name: "Ready",
    url: `https://localhost:${String(app.receiver.port)}/ready`,
    body: "{{event.id}}",
  });
  await app.publish("acme", event("evt-ready"));
  const { body } = await until(ready, (answer) => JSON.stringify(answer).includes('"lastRanAt":"'));
  expect(body).toEqual({
    status: "ready",
    version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
    checkedAt: expect.any(String) as string,
    checks: [
      { name: "tables", ...good },
      { name: "key", ...good },
    ],
    clients: [
      { client: "acme", function: "deliver-acme", bus: good, lastRanAt: expect.any(String) as string },
      { client: "globex", function: "deliver-globex", bus: good, lastRanAt: null },
    ],
  });
  const [, at = ""] = /"lastRanAt":"([^"]+)"/.exec(JSON.stringify(body)) ?? [];
  expect(Date.parse(at)).toBeGreaterThanOrEqual(before);
  expect(await watchLine()).toContain('{"event":"readiness.checked","clients":2}');
});

const frozen: [PartName, object, string][] = [
  ["serviceBus", { clients: [{ client: "acme", bus: late }] }, '"failing":["bus acme","bus globex"]'],
  [
    "tables",
    { checks: [{ name: "tables", ...late }, { name: "key" }], clients: [{ lastRanAt: null }] },
    '"failing":["tables"]',
  ],
];
test.each(frozen)(
  "%s does not answer: 503 that names it, the watch says so, ready again when it is back",
  async (part, told, failing) => {
    expect((await ready("?client=acme")).status).toBe(200);
    await whileFrozen(part, async () => {
      const [answer, line] = await Promise.all([ready("?client=acme"), watchLine()]);
      expect(answer).toMatchObject({ status: 503, body: { status: "not-ready", ...told } });
      expect(line).toContain('"event":"readiness.failed"');
      expect(line).toContain(failing);
    });
    await until(ready, ({ status }) => status === 200);
  },
);

const canaries: [string, number, string, object][] = [
  ["arrives", 204, "delivered", { reason: null }],
  ["is refused", 405, "failed", { reason: { kind: "status" } }],
];
test.each(canaries)(
  "a canary whose receiver answers: it %s with %i, and the delivery record says %s",
  async (_, status, state, more) => {
    const { port } = app.receiver;
    const place = `api/clients/acme/programs/canary/environments/c${String(status)}`;
    app.receiver.answers(() => ({ status }));
    const created = await fetch(`${app.stack.runtime.api}/${place}/webhooks`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${app.stack.runtime.tokens.admin}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({
        name: "Canary",
        eventTypes: ["reward.issued"],
        url: `https://localhost:${String(port)}/canary/${String(status)}/{{memberId}}`,
        body: "{{memberEmail}} {{points}}",
      }),
    });
    expect(created.status).toBe(201);
    const released = await call("POST", `${place}/canaries`);
    expect(released.status).toBe(202);
    const [eventId = ""] = /canary-[0-9a-f-]{36}/.exec(JSON.stringify(released.body)) ?? [];
    const record = await until(
      () => call("GET", `${place}/deliveries?eventId=${eventId}`),
      (answer) => JSON.stringify(answer).includes(`"state":"${state}"`),
    );
    expect(record.body).toMatchObject({ items: [{ eventId, state, attemptCount: 1, nextAttemptAt: null, ...more }] });
    const seen = app.receiver.requests.filter(({ path }) => path === `/canary/${String(status)}/canary`);
    expect(seen.map(({ body }) => body)).toEqual(["canary@example.com 1"]);
  },
);
