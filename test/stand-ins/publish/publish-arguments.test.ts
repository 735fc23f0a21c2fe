import { readArguments } from "../../../local/publish/arguments.ts";
import { mergeOver } from "../../../local/publish/attributes.ts";
import { parseExact } from "../../../shared/core/events/exact-json.ts";

/** What is wrong with a command line; fails the test if nothing is. */
function reason(args: readonly string[], environment: NodeJS.ProcessEnv = {}): string {
  const asked = readArguments(args, environment);
  if (asked.kind !== "wrong") throw new Error(`Taken as ${JSON.stringify(asked)}.`);
  return asked.reason;
}

describe("the arguments of npm run publish", () => {
  test("without any: one reward.issued, to the scope of runtime.json, with a sample webhook if need be", () => {
    expect(readArguments([], {})).toEqual({
      kind: "order",
      order: { type: "reward.issued", attributes: {}, count: 1, sample: true },
    });
  });

  test("all of them", () => {
    const line =
      "--type com.kognitiv.loyalty.reward.redeemed --client globex --program club --environment production --count 10000 --no-sample --runtime r.json";
    expect(readArguments([...line.split(" "), '--attributes={"points":5}'], {})).toEqual({
      kind: "order",
      order: {
        type: "reward.redeemed",
        client: "globex",
        program: "club",
        environment: "production",
        attributes: { points: 5 },
        count: 10_000,
        sample: false,
        runtime: "r.json",
      },
    });
  });

  test("help", () => {
    expect(readArguments(["--help"], {})).toEqual({ kind: "help" });
    expect(readArguments(["--count", "3", "-h"], {})).toEqual({ kind: "help" });
  });

  test("an unknown type lists the known ones", () => {
    expect(reason(["--type", "reward.stolen"])).toBe(
      "--type: “reward.stolen” is not an event type; the types are reward.issued, reward.redeemed, reward.canceled, reward.expirationchanged, reward.redemptionreversed.",
    );
  });

  test.each(["0", "10001", "-1", "1.5", "1e3", "many", " 5"])("--count %s is refused", (count) => {
    expect(reason(["--count", count])).toContain("is not a whole number from 1 to 10000");
  });

  test.each([
    ['{"points": x}', 'line 1, column 12:\n  {"points": x}\n             ^'],
    ["{points: 5}", "line 1, column 2:\n  {points: 5}\n   ^"],
    ['{"points": 5', "its end (line 1, column 13): it is incomplete."],
    ['{\n  "a": 1,\n}', "line 3, column 1:\n  }\n  ^"],
  ])("attributes %j: says where they stop being JSON", (text, where) => {
    expect(reason(["--attributes", text])).toContain(`--attributes is not valid JSON at ${where}`);
  });

  test("a long line is shown only around its fault", () => {
    expect(reason(["--attributes", `{"note":"${"n".repeat(5000)}" "x":1}`]).length).toBeLessThan(250);
  });

  test.each(["[]", "5", "null", '"text"', "0.10"])("attributes %s: they must be an object", (text) => {
    expect(reason(["--attributes", text])).toContain("must be a JSON object");
  });

  test.each([
    [["--bogus"], "--bogus is not an option; the options are --type,"],
    [["-x"], "-x is not an option"],
    [["--toString"], "--toString is not an option"],
    [["--type"], "--type needs a value"],
    [["--client="], "--client needs a value"],
    [["--no-sample=yes"], "--no-sample takes no value"],
    [["reward.issued"], "Unexpected argument “reward.issued”. Options follow two hyphens"],
  ])("%j is refused", (args, said) => {
    expect(reason(args)).toContain(said);
  });

  test.each([{ npm_config_count: "5" }, { npm_config_sample: "" }, { npm_config_attributes: "{}" }])(
    "what npm consumed because the hyphens were forgotten is reported: %j",
    (environment) => {
      expect(reason([], environment)).toContain("Options follow two hyphens: npm run publish -- --type");
    },
  );
});

describe("attributes over the sample's", () => {
  test.each([
    ['{"points":250}', '{"points":5}', '{"points":5}'],
    [
      '{"balance":1.50}',
      '{"balance":0.10,"serial":12345678901234567890}',
      '{"balance":0.10,"serial":12345678901234567890}',
    ],
    ['{"reward":{"id":"R-1","name":"A"},"a":1}', '{"reward":{"name":"B"}}', '{"reward":{"id":"R-1","name":"B"},"a":1}'],
    ['{"reward":{"id":"R-1"}}', '{"reward":null}', '{"reward":null}'],
    ['{"reward":{"id":"R-1"}}', '{"reward":["x"]}', '{"reward":["x"]}'],
    ['{"reward":1.50}', '{"reward":{"id":2}}', '{"reward":{"id":2}}'],
    ['{"reward":{"id":"R-1"}}', '{"reward":1.50}', '{"reward":1.50}'],
    ['{"a":1}', '{"__proto__":{"b":2},"constructor":3}', '{"a":1,"__proto__":{"b":2},"constructor":3}'],
  ])("%s with %s is %s", (base, over, merged) => {
    expect(JSON.stringify(mergeOver(objectOf(base), objectOf(over)))).toBe(merged);
  });
});

function objectOf(text: string): Record<string, unknown> {
  return Object.assign(Object.create(null) as Record<string, unknown>, parseExact(text));
}
