import type { ListName } from "../../shared/core/cursor.ts";
import { readCursor, writeCursor } from "../../shared/core/cursor.ts";
import { AppError } from "../../shared/lib/errors.ts";

const scope = { client: "acme", program: "rewards", environment: "uat" };
const name = { list: "deliveries", scope, filter: { webhookId: "wh_a", state: undefined } };
/** Code of the error with which a cursor is refused; undefined when it is taken. */
function refusal(list: ListName, cursor: string): unknown {
  try {
    readCursor(list, cursor);
    return undefined;
  } catch (error) {
    return error instanceof AppError ? error.code : error;
  }
}

const made = writeCursor(name, "20261125.i_123");

test("a cursor gives its position back to the list that made it, an absent parameter or an undefined one", () => {
  expect(readCursor(name, made)).toBe("20261125.i_123");
  expect(readCursor({ ...name, filter: { webhookId: "wh_a" } }, made)).toBe("20261125.i_123");
  expect(readCursor({ list: "wh", scope }, writeCursor({ list: "wh", scope, filter: {} }, ""))).toBe("");
});

test.each([
  ["list", { ...name, list: "webhooks" }],
  ["client", { ...name, scope: { ...scope, client: "globex" } }],
  ["program", { ...name, scope: { ...scope, program: "other" } }],
  ["environment", { ...name, scope: { ...scope, environment: "production" } }],
  ["filter's value", { ...name, filter: { webhookId: "wh_b" } }],
  ["filter's name", { ...name, filter: { eventId: "wh_a" } }],
  ["filter with more", { ...name, filter: { webhookId: "wh_a", state: "failed" } }],
  ["filter without it", { list: "deliveries", scope }],
])("with another %s it is refused", (_, other) => {
  expect(refusal(other, made)).toBe("malformed-request");
});

test("any change to it is refused: each character changed, removed or inserted, and other spellings of the same bytes", () => {
  const changed = Array.from(made).flatMap((character, at) => {
    const [before, after] = [made.slice(0, at), made.slice(at + 1)];
    const other = character === "A" ? "B" : "A";
    return [before + other + after, before + after, `${before}-${character}${after}`, `${before}!${character}${after}`];
  });
  const spelled = [`${made}=`, `${made}==`, ` ${made}`, `${made}\n`, Buffer.from(made, "base64url").toString("base64")];
  const lastBits = Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_").map(
    (end) => made.slice(0, -1) + end,
  );
  const bad = [...changed, ...spelled, ...lastBits, "", "x", made + made, "🙂"].filter((text) => text !== made);
  expect(bad.length).toBeGreaterThan(100);
  for (const cursor of bad) expect([cursor, refusal(name, cursor)]).toEqual([cursor, "malformed-request"]);
});
