import { FAULT_KINDS } from "../../../shared/contract/fault.ts";
import { FIELD_CODES } from "../../../shared/contract/field-errors.ts";
import { carriesSecret, isReservedHeader } from "../../../shared/contract/header-rules.ts";
import { RETRY_POLICIES } from "../../../shared/contract/webhook.ts";
import { DELIVERY_STATES } from "../../../shared/contract/delivery.ts";
import { decide } from "../../../shared/core/deliveries/decide.ts";
import { RETRY_WAITS_MS } from "../../../shared/core/deliveries/retry-policy.ts";
import { EVENT_TYPES, KLS_TYPE_PREFIX } from "../../../shared/contract/event-types.ts";
import { contractProblems, contractRoutes } from "../../support/contract-in-code.ts";
import { blockOf, codeIn, readDocument, tableOf } from "../../support/markdown.ts";
import { renderedBody, anEvent } from "../../support/an-event.ts";

const api = readDocument("docs/api.md");
const firstColumn = (...columns: string[]): string[] => tableOf(api, ...columns).map(([cell = ""]) => cell);
/** The paragraph that begins so. */
const paragraph = (beginning: string): string =>
  api.split(/\n{2,}/).find((text) => text.startsWith(beginning)) ?? `no paragraph begins with ${beginning}`;

test("every route is in the table with its role and its query, and no other", async () => {
  const written = tableOf(api, "method", "path", "role", "query", "answers").map((row) => row.slice(0, 4));
  expect(written.map(String).toSorted()).toEqual((await contractRoutes()).map(String).toSorted());
  expect(written.length).toBeGreaterThan(10);
});

test("every problem code is in the table with its status, and no other", () => {
  const written = tableOf(api, "status", "code", "when").map(([status, code]) => `${status ?? ""} ${code ?? ""}`);
  expect(written.toSorted()).toEqual(contractProblems().toSorted());
});

test("every field code is in the table, and no other", () => {
  expect(firstColumn("code of a field", "means").toSorted()).toEqual(FIELD_CODES.toSorted());
});

test("event types, states of deliveries and kinds of faults are those of the code", () => {
  expect(firstColumn("short name", "happened")).toEqual([...EVENT_TYPES]);
  expect(api).toContain(`\`${KLS_TYPE_PREFIX}\``);
  expect(firstColumn("state", "means")).toEqual([...DELIVERY_STATES]);
  expect(firstColumn("kind", "what failed").toSorted()).toEqual(FAULT_KINDS.toSorted());
});

const UNITS: Readonly<Record<string, number>> = { s: 1_000, min: 60_000, h: 3_600_000 };

/** `5 s, 30 s, 2 min` in milliseconds. */
function waitsIn(text: string): number[] {
  return [...text.matchAll(/(\d+) (s|min|h)\b/g)].map(([, count, unit = ""]) => Number(count) * (UNITS[unit] ?? NaN));
}

test("the waits of every retry policy are those of the code", () => {
  const rows = tableOf(api, "policy", "waits between attempts, each up to 20 % shorter or longer");
  const [standard, fast, patient] = rows.map(([, waits = ""]) => waits);
  expect(rows.map(([name]) => name)).toEqual([...RETRY_POLICIES]);
  expect(waitsIn(standard ?? "")).toEqual(RETRY_WAITS_MS.standard);
  expect(waitsIn(fast ?? "")).toEqual(RETRY_WAITS_MS.fast);
  expect(patient).toBe("as standard, then 24 h five times more");
  expect(RETRY_WAITS_MS.patient).toEqual([...RETRY_WAITS_MS.standard, ...Array.from({ length: 5 }, () => 86_400_000)]);
  const afterMs = (random: number): unknown => decided(500, random);
  expect([afterMs(0), afterMs(1)]).toEqual([
    { kind: "retry", afterMs: 4_000 },
    { kind: "retry", afterMs: 6_000 },
  ]);
});

function decided(status: number, random = 0.5): object {
  const webhook = { retryPolicy: "standard", success: { alsoStatuses: [] } } as const;
  const situation = { attempt: 1, webhook, token: "none", random, now: new Date(0) } as const;
  const decision = decide({ kind: "answered", status, headers: [] }, situation);
  if (decision.kind === "retry") return { kind: "retry", afterMs: decision.at.getTime() };
  const pause = decision.effects.includes("pause-webhook");
  return decision.kind === "give-up" ? { kind: "give-up", pause } : { kind: "delivered" };
}

test("what is given up at once is what the table says, and every other status is tried again", () => {
  const rows = firstColumn("answer", "what happens");
  const hopeless = new Set((rows[0] ?? "").split(", ").map(Number));
  expect(hopeless.size).toBeGreaterThan(5);
  expect(rows[1]).toBe("410");
  for (let status = 300; status < 600; status += 1) {
    const expected = hopeless.has(status)
      ? { kind: "give-up", pause: false }
      : status === 410
        ? { kind: "give-up", pause: true }
        : { kind: "retry", afterMs: 5_000 };
    expect([status, decided(status)]).toEqual([status, expected]);
  }
});

test("the keys that the page calls secret or reserved are, and their likes are not", () => {
  const text = paragraph("Unless the request says otherwise");
  const [whole = "", rest = ""] = text.split("what ends in");
  const [ends = "", inside = ""] = (rest.split(", in any letter case")[0] ?? "").split("what contains");
  const keys = [
    ...codeIn(whole),
    ...codeIn(ends).map((end) => `x-my_${end}`),
    ...codeIn(inside).map((part) => `x${part.toUpperCase()}-1`),
  ];
  expect(keys.length).toBeGreaterThan(10);
  expect(keys.filter((key) => !carriesSecret(key))).toEqual([]);
  expect(["Content-Type", "Accept", "X-Member", "X-Signed", "Key", "X-Monkey"].filter(carriesSecret)).toEqual([]);
  const reserved = codeIn(paragraph("Reserved are")).map((key) => (key.endsWith("-") ? `${key}x` : key));
  expect(reserved.length).toBeGreaterThan(10);
  expect(reserved.filter((key) => !isReservedHeader(key))).toEqual([]);
});

test("the page names every filter", () => {
  const said = renderedBody("{{x | unheard-of}}", anEvent('{"x":1}'));
  const [, known = ""] = /; the filters are ([^;]+?)[;.]/.exec(said) ?? [];
  expect(blockOf(api, "text filters").split(" ")).toEqual(known.split(", ").toSorted());
});

test("every placeholder that the page shows can be sent", () => {
  const [, section = ""] = api.split("\n### Placeholders\n");
  const [text = ""] = section.split("\n## ");
  const shown = codeIn(text).filter((code) => code.startsWith("{{") && !code.includes("oauth.token"));
  const event = anEvent(
    '{"memberEmail":"a","reward":{"name":"b"},"items":[{"sku":"c"}],"Loyalty Tier":"d","firstName":"e"}',
  );
  const rendered = shown.map((code) => renderedBody(code, event));
  expect(rendered.slice(0, 4)).toEqual(["a", "b", "c", "d"]);
  expect(rendered.filter((body) => body === "" || body.startsWith("body:"))).toEqual([]);
  expect(rendered.length).toBeGreaterThan(9);
});
