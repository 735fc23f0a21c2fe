import { HttpRequest } from "@azure/functions";
import * as z from "zod";
import { readJson } from "../../../functions/http/body.ts";
import { HEADER_VALUE_WHITELIST } from "../../../shared/contract/header-rules.ts";
import { pageQuery } from "../../../shared/contract/page.ts";
import { parseCredential } from "../../../shared/management/credential-input.ts";
import { parseWebhook } from "../../../shared/management/webhook-input.ts";
import { parseMessage } from "../../../shared/core/events/message.ts";
import { AppError } from "../../../shared/lib/errors.ts";
import { MAX_IN_FLIGHT } from "../../../shared/lib/fair-share.ts";
import { problemDocument } from "../../support/contract-in-code.ts";
import { readDocument, tableOf } from "../../support/markdown.ts";
import { anEvent, EXAMPLE_EVENT, QUEUED_AT, render, type Written } from "../../support/an-event.ts";

/** Whether an input of this size is accepted. */
type Probe = (count: number) => boolean | Promise<boolean>;

const context = { previous: undefined, headerCharacters: HEADER_VALUE_WHITELIST, credentialFound: false };
const webhook = (more: object): boolean => parseWebhook({ name: "x", url: "https://x", ...more }, context).ok;
const credential = (more: object): boolean => parseCredential({ name: "x", url: "https://x", ...more }, context).ok;
const both = (more: object): boolean => {
  const taken = webhook(more);
  if (taken !== credential(more)) throw new Error("Webhooks and credentials differ.");
  return taken;
};
const long = (count: number): string => "x".repeat(count);
const many = <T>(count: number, entry: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => entry(at));
const pairs = (count: number): object[] => many(count, (at) => ({ key: `k-${String(at)}`, value: "x" }));

/** Whether this is an event. */
const message = (text: string): boolean => parseMessage(Buffer.from(text), QUEUED_AT, "acme").kind === "event";
const withId = (member: string, count: number): boolean =>
  message(EXAMPLE_EVENT.replace(new RegExp(`"${member}": "[^"]*"`), `"${member}": "${long(count)}"`));
const sent = (written: Written, attributes: object = {}): boolean =>
  render(written, anEvent(JSON.stringify(attributes))).ok;

const PROBES: Readonly<Record<string, Probe>> = {
  Name: (count) => both({ name: "😀".repeat(count) }),
  Description: (count) => both({ description: "😀".repeat(count) }),
  URL: (count) => both({ url: `https:${long(count - 6)}` }),
  "Headers, or pairs of a credential's body": (count) => {
    const taken = both({ headers: pairs(count) });
    return taken === credential({ body: pairs(count) }) && taken;
  },
  "Header key": (count) => both({ headers: [{ key: long(count) }] }),
  "Header value": (count) => both({ headers: [{ key: "k", value: long(count) }] }),
  "Value in a credential's body": (count) => credential({ body: [{ key: "k", value: long(count) }] }),
  Body: (count) => webhook({ body: long(count) }),
  Attributes: (count) => webhook({ attributes: many(count, (at) => ({ name: `a${String(at)}`, ifMissing: "empty" })) }),
  "Attribute name or fallback": (count) => {
    const named = webhook({ attributes: [{ name: long(count), ifMissing: "empty" }] });
    return named === webhook({ attributes: [{ name: "a", ifMissing: "fallback", fallback: long(count) }] }) && named;
  },
  "success.alsoStatuses": (count) => webhook({ success: { alsoStatuses: many(count, (at) => 400 + at) } }),
  timeoutSeconds: (count) => webhook({ timeoutSeconds: count }),
  "token path": (count) => credential({ token: { path: long(count) } }),
  "placement.prefix": (count) => credential({ placement: { prefix: long(count) } }),
  "Items of a page": (count) => pageQuery.safeParse({ limit: String(count) }).success,
  "Request body": (count) => {
    const body = Buffer.from(JSON.stringify(long(count - 2)));
    const headers = { "content-type": "application/json" };
    const request = new HttpRequest({ method: "POST", url: "http://x", headers, body: { bytes: body } });
    return readJson(request).then(
      () => true,
      () => false,
    );
  },
  "Event: message": (count) =>
    message(EXAMPLE_EVENT.padEnd(count - Buffer.byteLength(EXAMPLE_EVENT) + EXAMPLE_EVENT.length)),
  "Event: id or source": (count) => {
    const named = withId("id", count);
    return named === withId("source", count) && named;
  },
  // The event itself, its data, its attributes, and the attribute's own.
  "Event: objects and lists within each other": (count) =>
    message(
      EXAMPLE_EVENT.replace(
        '"points": 12345678901234567890',
        `"points": ${"[".repeat(count - 3)}${"]".repeat(count - 3)}`,
      ),
    ),
  "Placeholders of a webhook": (count) => sent({ body: "{{a}}".repeat(count) }),
  "Filters of a placeholder": (count) => sent({ body: `{{a${" | strip".repeat(count)}}}` }),
  "URL sent": (count) => sent({ url: "https://x/{{a}}" }, { a: long(count - "https://x/".length) }),
  "Header value sent": (count) => sent({ headers: { k: "{{a}}" } }, { a: long(count) }),
  "Body sent": (count) => sent({ body: `${long(200_000)}{{a}}` }, { a: long(count - 200_000) }),
  "Requests in flight, per webhook and process": (count) => count <= MAX_IN_FLIGHT,
};

const api = readDocument("docs/api.md");
const rows = tableOf(api, "what", "at most").map(([what = "", most = ""]): [string, number] => [
  what,
  Number(/^[\d,]+/.exec(most)?.[0].replaceAll(",", "")),
]);

test("every limit of the page is tried", () => {
  expect(rows.map(([what]) => what)).toEqual(Object.keys(PROBES));
});

/** The limits of shared/contract/limits.ts, by name. */
const CONSTANTS = [...readDocument("shared/contract/limits.ts").matchAll(/^export const (\w+) = ([\d_ *]+);$/gm)].map(
  ([, name = "", value = ""]): [string, number] => [
    name,
    value.split("*").reduce((product, factor) => product * Number(factor.replaceAll("_", "")), 1),
  ],
);

test.each(CONSTANTS)("%s, which is %i, is in the page", (_, value) => {
  expect(api).toMatch(new RegExp(`(?<![\\d,])${value.toLocaleString("en")}(?![\\d,]*\\d)`));
});

test("all limits of the contract are read", () => {
  expect(CONSTANTS.length).toBe(readDocument("shared/contract/limits.ts").match(/^export /gm)?.length);
  expect(CONSTANTS.length).toBeGreaterThan(10);
});

test.each(rows)("%s: %i is taken, more is not", async (what, most) => {
  const probe = PROBES[what] ?? (() => false);
  expect([await probe(most), await probe(most + 1)]).toEqual([true, false]);
});

test("the text names the same limits, and the minimums", () => {
  const [, least, most, usual] = /`limit` is (\d+) to (\d+), (\d+) by default/.exec(api) ?? [];
  expect([least, most, usual].map(Number)).toEqual([1, 100, pageQuery.parse({}).limit]);
  expect(["0", "1"].map((limit) => pageQuery.safeParse({ limit }).success)).toEqual([false, true]);
  const [, shortest] = /`timeoutSeconds` +\| \d+, at least (\d+)/.exec(api) ?? [];
  expect([Number(shortest), Number(shortest) - 1].map((timeoutSeconds) => webhook({ timeoutSeconds }))).toEqual([
    true,
    false,
  ]);
  const statuses = /statuses from (\d+) to (\d+)/.exec(api)?.slice(1).map(Number) ?? [];
  const named = many(700, (at) => at).filter((status) => webhook({ success: { alsoStatuses: [status] } }));
  expect([named[0], named.at(-1)]).toEqual(statuses);
  const days = [...(/at most (\d+) days before and (\d+) day after/.exec(api) ?? [])].slice(1).map(Number);
  const queued = (day: number): Date => new Date(Date.parse("2026-11-23T10:00:00Z") + day * 86_400_000);
  const event = Buffer.from(EXAMPLE_EVENT);
  const at = (day: number): string => parseMessage(event, queued(day), "acme").kind;
  expect([at(days[0] ?? 0), at((days[0] ?? 0) + 0.01), at(-(days[1] ?? 0)), at(-(days[1] ?? 0) - 0.01)]).toEqual([
    "event",
    "invalid",
    "event",
    "invalid",
  ]);
});

test("a problem shows as many fields, and as much of each pointer, as the text says", () => {
  const [, entries] = /the first (\d+) of them/.exec(api) ?? [];
  const [, characters] = /of at most (\d+) characters into/.exec(api) ?? [];
  const errors = many(1_000, () => ({ pointer: `/${long(1_000)}`, code: "required" as const, message: "" }));
  const shown = z
    .object({ errors: z.array(z.object({ pointer: z.string() })), errorCount: z.literal(1_000) })
    .parse(problemDocument(new AppError("invalid", "", { errors }))).errors;
  expect([shown.length, shown[0]?.pointer.length]).toEqual([Number(entries), Number(characters)]);
});
