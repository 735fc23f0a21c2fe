import { functionName, SCOPE } from "../../functions/http/function-name.ts";
import { registeredFunctions } from "../support/registered.ts";
import type { Registered } from "../support/registered.ts";
import { swallowed } from "../support/swallowed-routes.ts";

/** A client whose function's name is as late as names get, and one whose is as long. */
const BUS = "Endpoint=sb://localhost:5672;SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true";
const CLIENTS = { SB_ACME: BUS, SB_ZZ: BUS, SB_A_CLIENT_LONG_ID: BUS };

let functions: readonly Registered[];
beforeAll(async () => {
  functions = await registeredFunctions(CLIENTS);
});

const routesOf = (): { name: string; route: string }[] =>
  functions.flatMap(({ name, route }) => (route === undefined ? [] : [{ name, route }]));

test("all functions are registered in the turn that loads the bundle, and none later", () => {
  expect(functions.map(({ type }) => type).toSorted()).toEqual([
    ...Array.from({ length: routesOf().length }, () => "httpTrigger"),
    ...Object.keys(CLIENTS).map(() => "serviceBusTrigger"),
    "timerTrigger",
  ]);
  expect(routesOf().length).toBeGreaterThan(10);
});

test("names are of the form that the host takes, and unique whatever their case", () => {
  const names = functions.map(({ name }) => name);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_-]{0,127}$/);
  expect(names.map((name) => name.toLowerCase())).not.toContain("host");
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
});

test("no function's name comes before that of a function with a more exact route", () => {
  expect(swallowed(routesOf())).toEqual([]);
});

test.each([
  ["webhooks_id", "aa-everything"],
  ["webhooks-preview", "webhooks_id-preview"],
  ["credentials", "ZZ-UNKNOWN-PATH-2"],
  ["health", "zzz"],
])("a name that lets a route be shadowed is reported: %s as %s", (name, bad) => {
  const routes = [...routesOf(), { name: "webhooks-preview", route: `${SCOPE}/webhooks/preview` }];
  expect(swallowed(routes)).toEqual([]);
  const renamed = routes.map((one) => (one.name === name ? { ...one, name: bad } : one));
  expect(swallowed(renamed)).toContainEqual(expect.stringContaining(bad));
});

const pairs: [string, string, string, string, boolean][] = [
  ["webhook", "webhooks/{id}", "webhook-preview", "webhooks/preview", true],
  ["webhook", "webhooks/{id}", "preview", "webhooks/preview", false],
  ["B", "things/{id}", "a", "things/new", false],
  ["A", "things/{id}", "b", "things/new", true],
  ["a", "things/{id}", "b", "THINGS/New", true],
  ["a", "things/{id}/x", "b", "things/new/y", false],
  ["a", "{a}/b", "b", "a/{b}", true],
  ["b", "{a}/b", "a", "a/{b}", false],
  ["a", "{*rest}", "b", "health", true],
  ["a", "things/{*rest}", "b", "things", true],
  ["a", "things/{id}", "b", "things/{name}", true],
  ["a", "things/{id}", "b", "things/{id:int}", true],
  ["a", "things/{id:int}", "b", "things/{id}", false],
  ["a", "things/{id:int}", "b", "things/new", false],
  ["a", "things/{id?}", "b", "things", true],
  ["a", "files/{name}", "b", "files/{name}.{ext}", true],
  // In upper case `_` sorts after the letters; in lower case it would sort before them.
  ["things_id", "things/{id}", "thingsnew", "things/new", false],
  ["things-id", "things/{id}", "thingsnew", "things/new", true],
];
test.each(pairs)("%s (%s) and %s (%s): swallowed is %s", (first, route, second, other, expected) => {
  const faults = swallowed([
    { name: second, route: other },
    { name: first, route },
  ]);
  expect(faults.length > 0).toBe(expected);
});

test("names made from paths keep the right order with future paths, and with made-up neighbors", () => {
  const paths = [
    "webhooks",
    "webhooks/{id}",
    "webhooks/{id}/pause",
    "webhooks/preview",
    "webhooks/test",
    "webhooks-old",
  ];
  const more = ["credentials/test", "credentials/{id}", "credentials/{id}/forget-token", "replays/{id}", "replays/new"];
  const open = ["openapi.json", "docs", "health", "health/ready", "me", "event-groups"];
  const client = ["clients/{client}/scopes", "clients/{client}/erasures/{id}", "clients/{client}/erasures/zz"];
  const letters = ["dead-letters/{sequenceNumber}", "dead-letters/{sequenceNumber}/resubmit", "dead-letters/0"];
  const made = [
    ...[...paths, ...more].map((path) => ({ name: functionName(`${SCOPE}/${path}`), route: `${SCOPE}/${path}` })),
    ...[...open, ...client, ...letters.map((path) => `clients/{client}/${path}`)].map((path) => ({
      name: functionName(`api/${path}`),
      route: `api/${path}`,
    })),
    ...["ui", "ui/{*rest}", "ui/assets/{name}"].map((path) => ({ name: functionName(path), route: path })),
    { name: "zz-unknown-path", route: "api/{*rest}" },
  ];
  expect(swallowed(made)).toEqual([]);
  expect(new Set(made.map(({ name }) => name)).size).toBe(made.length);
  for (const { name } of made) expect(name).toMatch(/^[a-z][a-z0-9_-]{0,127}$/);
});
