import { AppError, Trouble } from "../../../shared/lib/errors.ts";
import { placeOf, readableReason } from "../../../shared/lib/readable-reason.ts";
import { withinLimit } from "../../../shared/lib/time-limit.ts";

const thrownBy = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown.");
};
const shaped = (name: string, message: string, more: object = {}): Error =>
  Object.assign(new Error(message), { name, ...more });
const system = Object.assign(new Error("connect ECONNREFUSED s3cr3t"), {
  code: "ECONNREFUSED",
  syscall: "connect",
  address: "127.0.0.1",
  port: 5672,
});

const cases: [string, unknown, string][] = [
  ["what we say", new Trouble("The vault says 403."), "The vault says 403."],
  ["what we say to callers", new AppError("not-found", "There is nothing here."), "There is nothing here."],
  ["its first line alone", new Trouble("  Gone.\r\nRequestId: 7\nTime: now"), "Gone."],
  ["at most 300 characters", new Trouble("x".repeat(400)), `${"x".repeat(299)}…`],
  [
    "what a service says, with status and code",
    shaped("RestError", "Not authorized.\nRequestId:7", { statusCode: 403, code: "AuthorizationFailure" }),
    "Not authorized. (RestError 403 AuthorizationFailure)",
  ],
  [
    "a key in a connection string",
    shaped("ServiceBusError", "Endpoint=sb://x;SharedAccessKey=a+b/c=;x=1", { code: "UnauthorizedAccess" }),
    "Endpoint=sb://x;SharedAccessKey=•••;x=1 (ServiceBusError UnauthorizedAccess)",
  ],
  ["an account key", shaped("RestError", "AccountName=n;AccountKey=abc=="), "AccountName=n;AccountKey=••• (RestError)"],
  [
    "a signature in a URL",
    shaped("RestError", "GET https://x/?sv=1&sig=a%2Fb&se=2"),
    "GET https://x/?sv=1&sig=•••&se=2 (RestError)",
  ],
  ["a token", shaped("RestError", "authorization: Bearer ey.J.x, sent"), "authorization: Bearer •••, sent (RestError)"],
  ["where a connection failed", system, "connect ECONNREFUSED 127.0.0.1:5672"],
  [
    "the last of several failures",
    Object.assign(shaped("AggregateError", ""), {
      errors: [new Error("first"), new Trouble("The bus is away.\nmore")],
    }),
    "The bus is away.",
  ],
  ["the name alone of any other", new Error("s3cr3t"), "an unexpected error (Error)"],
  [
    "its code too",
    shaped("TypeError", "s3cr3t", { code: "ERR_INVALID_ARG_TYPE" }),
    "an unexpected error (TypeError ERR_INVALID_ARG_TYPE)",
  ],
  ["a parser's", thrownBy(() => JSON.parse("s3cr3t")), "an unexpected error (SyntaxError)"],
  ["a pattern's", thrownBy(() => new RegExp(["s3cr3t("].join())), "an unexpected error (SyntaxError)"],
  ["a URL's", thrownBy(() => new URL("s3cr3t")), "an unexpected error (TypeError ERR_INVALID_URL)"],
  ["a header's", thrownBy(() => new Headers({ a: "s3cr3t\n\u{1f600}" })), "an unexpected error (TypeError)"],
  [
    "a name that is no name",
    shaped("s3cr3t s3cr3t\n", "s3cr3t", { code: "s3cr3t s3cr3t" }),
    "an unexpected error (without a name)",
  ],
  ["a thrown text", "s3cr3t", "a thrown string"],
  ["nothing thrown", undefined, "a thrown undefined"],
  [
    "an error that cannot be read",
    new Proxy(new Error("s3cr3t"), {
      get: () => {
        throw new Error("s3cr3t");
      },
    }),
    "an unexpected error",
  ],
];
test.each(cases)("%s", (_, error, reason) => {
  expect(readableReason(error)).toBe(reason);
});

test("errors within errors end", () => {
  const around: { name: string; errors: unknown[] } = { name: "AggregateError", errors: [] };
  around.errors.push(around);
  expect(readableReason(around)).toBe("an unexpected error (AggregateError)");
});

test("where an error was thrown is shown by places in code, never by its text", () => {
  const message = "s3cr3t\n    at s3cr3t (s3cr3t.js:1:1)\n    at more (s3cr3t.js:2:2)";
  for (const error of [new Error(message), new TypeError(message), thrownBy(() => JSON.parse("s3cr3t"))]) {
    expect(placeOf(error)).toMatch(/readable-reason\.test\.ts:\d+:\d+/);
    expect(placeOf(error)).not.toContain("s3cr3t");
  }
  const changed = new Error("first");
  changed.message = "s3cr3t";
  expect(placeOf(changed) ?? "").not.toContain("s3cr3t");
  expect(placeOf(new Trouble("told"))).toBeUndefined();
  expect(placeOf("s3cr3t")).toBeUndefined();
});

test("late work is aborted; work in time returns its answer", async () => {
  let told: AbortSignal | undefined;
  const hanging = withinLimit(20, (signal) => {
    told = signal;
    return new Promise(() => undefined);
  });
  await expect(hanging).rejects.toThrow("No answer within 0.02 s.");
  expect(told?.aborted).toBe(true);
  expect(await withinLimit(20, () => Promise.resolve(7))).toBe(7);
});
