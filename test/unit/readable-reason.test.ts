import { readableReason } from "../../shared/core/readable-reason.ts";
import { withinLimit } from "../../shared/core/time-limit.ts";

const named = (name: string): Error => Object.assign(new Error(""), { name });
const cases: [string, unknown, string][] = [
  ["the message", new Error("The vault says 403."), "The vault says 403."],
  ["its first line alone", new Error("  Gone.\r\nRequestId: 7\nTime: now"), "Gone."],
  ["the code when there is no message", Object.assign(new Error(""), { code: "ECONNREFUSED" }), "ECONNREFUSED"],
  [
    "the last of several failures when there is neither",
    Object.assign(named("AggregateError"), { errors: [new Error("first"), new Error("The bus is away.\nmore")] }),
    "The bus is away.",
  ],
  ["the name when there is nothing else", named("AggregateError"), "AggregateError"],
  ["a text as it is", "just a text", "just a text"],
  ["nothing thrown", undefined, "undefined"],
  [
    "a key in a connection string",
    new Error("Endpoint=sb://x;SharedAccessKey=a+b/c=;x=1"),
    "Endpoint=sb://x;SharedAccessKey=•••;x=1",
  ],
  ["an account key", new Error("AccountName=n;AccountKey=abc=="), "AccountName=n;AccountKey=•••"],
  ["a signature in a URL", new Error("GET https://x/?sv=1&sig=a%2Fb&se=2"), "GET https://x/?sv=1&sig=•••&se=2"],
  ["a token", new Error("authorization: Bearer ey.J.x, sent"), "authorization: Bearer •••, sent"],
  ["at most 300 characters", new Error("x".repeat(400)), `${"x".repeat(299)}…`],
];
test.each(cases)("%s", (_, error, reason) => {
  expect(readableReason(error)).toBe(reason);
});

test("late work is told to stop; work in time gives its answer", async () => {
  let told: AbortSignal | undefined;
  const hanging = withinLimit(20, (signal) => {
    told = signal;
    return new Promise(() => undefined);
  });
  await expect(hanging).rejects.toThrow("No answer within 0.02 s.");
  expect(told?.aborted).toBe(true);
  expect(await withinLimit(20, () => Promise.resolve(7))).toBe(7);
});
