import { azureConfig } from "../../../local/service-bus/config/azure-config.ts";
import { parseConfig } from "../../../local/service-bus/config/config.ts";
import { createEntities } from "../../../local/service-bus/entities.ts";

const one = (entities: Readonly<Record<string, unknown>>, listeners: unknown = {}): string =>
  JSON.stringify({ UserConfig: { Namespaces: [{ Name: "ns", ...entities }] }, Listeners: listeners });

const queue = (properties: Readonly<Record<string, unknown>>): string =>
  one({ Queues: [{ Name: "q", Properties: properties }] });
const rule = (properties: Readonly<Record<string, unknown>>): string =>
  one({ Topics: [{ Name: "t", Subscriptions: [{ Name: "s", Rules: [{ Name: "r", Properties: properties }] }] }] });

function build(text: string): void {
  for (const namespace of parseConfig(text).namespaces)
    createEntities(
      namespace,
      () => 0,
      () => undefined,
    );
}

test("the project's own configuration loads with a topic that forwards to the queue of each client", () => {
  const text = azureConfig();
  const { namespaces } = parseConfig(text);
  expect(namespaces.map((namespace) => [namespace.name, namespace.port])).toEqual([
    ["acme", 5672],
    ["globex", 5673],
  ]);
  for (const { queues, topics } of namespaces) {
    expect(topics[0]?.subscriptions[0]).toMatchObject({ name: "webhooks", forwardTo: "deliveries" });
    expect(queues[0]).toMatchObject({
      name: "deliveries",
      lockDuration: 60_000,
      maxDeliveryCount: 10,
      duplicateWindow: 3_600_000,
    });
  }
  build(text);
});

test("durations are read as ISO 8601 and default to Azure's", () => {
  const [namespace] = parseConfig(queue({ DefaultMessageTimeToLive: "P1DT2H3M4.5S" })).namespaces;
  expect(namespace?.queues[0]).toMatchObject({
    defaultTimeToLive: 93_784_500,
    lockDuration: 60_000,
    maxDeliveryCount: 10,
  });
});

test("comments are ignored, and slashes in strings are not comments", () => {
  const text = `{ // a comment\n${one({}, { ns: { SharedAccessKey: "a//b" } }).slice(1)}`;
  expect(parseConfig(text).namespaces[0]?.key).toBe("a//b");
});

test.each([
  ["sessions", queue({ RequiresSession: true }), /RequiresSession is not supported/],
  ["partitioning", queue({ EnablePartitioning: true }), /EnablePartitioning is not supported/],
  ["auto-delete", queue({ AutoDeleteOnIdle: "PT5M" }), /AutoDeleteOnIdle is not supported/],
  ["too long a lock", queue({ LockDuration: "PT6M" }), /from PT5S to PT5M, got "PT6M"/],
  ["too many deliveries", queue({ MaxDeliveryCount: 2001 }), /2000/],
  ["an unknown property", queue({ LockDuraton: "PT1M" }), /LockDuraton/],
  [
    "an SQL filter",
    rule({ FilterType: "Sql", SqlFilter: { SqlExpression: "colour = 'red'" } }),
    /t\/Subscriptions\/s\/Rules\/r: .*colour = 'red'/,
  ],
  [
    "a rule action",
    rule({ FilterType: "Sql", SqlFilter: { SqlExpression: "1=1" }, Action: { SqlExpression: "SET a = 1" } }),
    /no actions/,
  ],
  ["a forward to nowhere", queue({ ForwardTo: "gone" }), /"q" forwards to "gone"/],
  ["a loop of forwards", queue({ ForwardTo: "q" }), /longer than 4 hops/],
  ["a listener of a namespace that is not there", one({}, { other: {} }), /"other"/],
])("%s is refused at load with a text that names it", (_what, text, expected) => {
  expect(() => {
    build(text);
  }).toThrow(expected);
});
