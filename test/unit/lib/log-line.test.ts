import { logLine } from "../../../shared/lib/log-line.ts";
import { Secret } from "../../../shared/core/secret.ts";

const read = (line: string): unknown => JSON.parse(line);

test("one line of JSON with what is known", () => {
  const line = logLine("request.answered", {
    status: 200,
    code: undefined,
    tookMs: 1.5,
    at: new Date(0),
    client: "acme",
    list: [1, "a", null],
  });
  expect(line).toBe(
    '{"event":"request.answered","status":200,"tookMs":1.5,"at":"1970-01-01T00:00:00.000Z","client":"acme","list":[1,"a",null]}',
  );
});

test("what JSON cannot express is logged all the same, and nothing throws", () => {
  const circle: Record<string, unknown> = { name: "circle" };
  circle["self"] = circle;
  const traps = {
    get getter(): string {
      throw new Error("s3cr3t");
    },
  };
  const proxy = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error("s3cr3t");
      },
    },
  );
  const line = logLine("a.b", {
    big: 12345678901234567890n,
    nan: Number.NaN,
    circle,
    traps,
    proxy,
    run: () => "s3cr3t",
    symbol: Symbol("s3cr3t"),
    secret: new Secret("s3cr3t"),
    error: new Error("s3cr3t"),
    toJSON: {
      toJSON: () => {
        throw new Error("s3cr3t");
      },
    },
  });
  expect(line).not.toContain("s3cr3t");
  expect(read(line)).toMatchObject({
    big: "12345678901234567890",
    nan: "NaN",
    secret: "•••",
    error: "an unexpected error (Error)",
    proxy: "?",
    traps: { getter: "?" },
  });
  expect(read(logLine("a.b", proxy))).toEqual({ event: "a.b", fields: "?" });
});

test("no line is longer than 8,000 bytes, whatever its fields hold", () => {
  const long = "\u{1f600}".repeat(30_000);
  const many = Object.fromEntries(
    Array.from({ length: 500 }, (_, index) => [`${"k".repeat(400)}${String(index)}`, long]),
  );
  const deep = Array.from({ length: 5_000 }).reduce<unknown>((inner) => [inner, inner], "end");
  for (const fields of [
    { long },
    many,
    { many },
    { list: Array.from({ length: 10_000 }, () => long) },
    { deep },
    { a: "\u0001".repeat(5_000) },
  ]) {
    const line = logLine(long, fields);
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(8_000);
    expect(line).not.toContain("\n");
    expect(read(line)).toMatchObject({ event: expect.stringContaining("…") as string });
  }
  expect(read(logLine("a.b", { first: 1, ...many }))).toMatchObject({ first: 1, cut: true });
});
