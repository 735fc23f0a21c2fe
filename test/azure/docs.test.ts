import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROLES } from "../../local/identity/issuer.ts";
import { COMMANDS } from "./call.ts";
import { type House, ROOT, openHouse } from "./house.ts";
import { parseJson, textOf } from "./json.ts";
import { readWorkflows } from "../infra/workflow-commands.ts";
import { emptyState, namespacesOf } from "./state.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** The `sh` blocks of a document that have to do with Azure, in order. */
function blocks(path: string): string[] {
  const all = [...read(path).matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text = ""]) => text);
  return all.filter((text) => /\baz |infra\/[\w-]+\.sh/.test(text));
}

/** Commands of `az` that a text has, wherever they stand in it. */
function commands(text: string): string[] {
  return [...text.matchAll(/\baz ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)/g)].map(([, words = ""]) => words);
}

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
beforeEach(() => {
  house.az.state = emptyState();
  house.az.calls = [];
});
afterAll(async () => {
  await house.close();
});

/** Runs the blocks one after the other in one shell, as a reader would; `npm run package` has a test of its own. */
async function follow(text: string): Promise<void> {
  mkdirSync(join(house.folder, "dist"), { recursive: true });
  writeFileSync(join(house.folder, "dist/webhooks.zip"), "the package");
  const agreed = text
    .replace(/^npm run package\n/gm, "")
    .replace(/^(infra\/(?:on|off)board-client\.sh .*)$/gm, "$1 --yes");
  const run = await house.bash(`set -eu\n${agreed}`);
  expect({ exit: run.exit, error: run.error }).toEqual({ exit: 0, error: "" });
  const made = house.az.calls.map(({ argv }) => argv.join(" "));
  const notMade = commands(text).filter(
    (command) => !made.some((call) => call === command || call.startsWith(`${command} -`)),
  );
  expect(notMade).toEqual([]);
  expect(house.az.misspelt).toEqual([]);
}

/** Blocks of docs/deploy.md that register the API, which the README asks for first. */
const registering = blocks("docs/deploy.md").filter((text) => text.includes("az ad "));

test("the README leads from an empty subscription to a client that is on", async () => {
  house.clients("acme", "globex");
  const text = blocks("README.md").join("\n");
  expect(commands(text)).toHaveLength(8);
  await follow(registering.join("\n"));
  await follow(text);
  expect(Object.values(house.az.state.functions)).toEqual([["deliver-acme", "deliver-globex"]]);
  expect(namespacesOf(house.az.state).map(({ tags }) => tags?.["client"])).toEqual(["acme"]);
  expect(house.az.state.canaries["acme"]).toHaveLength(1);
});

test("docs/deploy.md registers the API, and its commands for clients work on a stamp", async () => {
  const texts = blocks("docs/deploy.md");
  await follow(registering.join("\n"));
  const [application] = house.az.state.applications;
  expect(application?.appRoles).toEqual(parseJson(read("infra/app-roles.json")));
  house.clients("acme", "globex");
  await follow(blocks("README.md").join("\n"));
  await follow("infra/onboard-client.sh globex");
  const [comes, smoke, leaves, ...rest] = texts.slice(registering.length);
  await follow([comes, smoke].join("\n"));
  house.clients("acme");
  await follow([leaves, ...rest].join("\n"));
  expect(namespacesOf(house.az.state).map(({ tags }) => tags?.["client"])).toEqual(["acme"]);
});

test("the registration has every role that the app knows", () => {
  const roles = parseJson(read("infra/app-roles.json"));
  const values = Array.isArray(roles) ? roles.map((role) => textOf(role, "value")) : [];
  expect(values).toEqual(expect.arrayContaining([...ROLES]));
  expect(values).toContain("Webhooks.Operate");
});

test("every command of scripts and documents has a recorded syntax, and no other one has", () => {
  const files = [
    "README.md",
    "docs/deploy.md",
    "infra/onboard-client.sh",
    "infra/offboard-client.sh",
    "infra/smoke.sh",
  ];
  const workflows = readWorkflows(ROOT).map(({ text }) => text);
  const text = [...[...files, "infra/lib/azure.sh", "infra/lib/api.sh"].map(read), ...workflows].join("\n");
  for (const command of COMMANDS)
    expect([command, text.includes(`az ${command} `) || text.includes(`az ${command}\n`)]).toEqual([command, true]);
});
