import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseMessage } from "../../shared/core/events/event.ts";
import { ROLES } from "../../local/identity/issuer.ts";
import { COMMANDS, readCall } from "./call.ts";
import { type ScriptsUnderTest, ROOT, openScripts } from "./scripts-under-test.ts";
import { parseJson, textOf } from "./json.ts";
import { readWorkflows } from "../infra/workflow-commands.ts";
import { emptyState, namespacesOf } from "./state.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const DOCUMENTS = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md"))
    .map((path) => `docs/${path}`),
];

/** The `sh` blocks of a document that have to do with Azure, in order. */
function blocks(path: string): string[] {
  const all = [...read(path).matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text = ""]) => text);
  return all.filter((text) => /\baz |infra\/[\w-]+\.sh/.test(text));
}

/** The `az` commands anywhere in a text. */
function commands(text: string): string[] {
  return [...text.matchAll(/\baz ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)/g)].map(([, words = ""]) => words);
}

let scripts: ScriptsUnderTest;
beforeAll(async () => {
  scripts = await openScripts();
});
beforeEach(() => {
  scripts.az.state = emptyState();
  scripts.az.calls = [];
});
afterAll(async () => {
  await scripts.close();
});

/** Runs the blocks one after the other in one shell, as a reader would; `npm run package` has a test of its own. */
async function follow(text: string): Promise<void> {
  mkdirSync(join(scripts.folder, "dist"), { recursive: true });
  writeFileSync(join(scripts.folder, "dist/webhooks.zip"), "the package");
  const agreed = text
    .replace(/^npm run package\n/gm, "")
    .replace(/^(infra\/(?:on|off)board-client\.sh .*)$/gm, "$1 --yes");
  const run = await scripts.bash(`set -eu\n${agreed}`);
  expect({ exit: run.exit, error: run.error }).toEqual({ exit: 0, error: "" });
  const made = scripts.az.calls.map(({ argv }) => argv.join(" "));
  const notMade = commands(text).filter(
    (command) => !made.some((call) => call === command || call.startsWith(`${command} -`)),
  );
  expect(notMade).toEqual([]);
  expect(scripts.az.misspelt).toEqual([]);
}

/** Blocks of docs/deploy.md that register the API, which the README asks for first. */
const registering = blocks("docs/deploy.md").filter((text) => text.includes("az ad ") && !text.includes("gh api"));

test("the README leads from an empty subscription to a client that is on", async () => {
  scripts.clients("acme", "globex");
  const text = blocks("README.md").join("\n");
  expect(commands(text)).toHaveLength(8);
  await follow(registering.join("\n"));
  await follow(text);
  expect(Object.values(scripts.az.state.functions)).toEqual([["deliver-acme", "deliver-globex"]]);
  expect(namespacesOf(scripts.az.state).map(({ tags }) => tags?.["client"])).toEqual(["acme", "globex"]);
  expect(scripts.az.state.canaries["acme"]).toHaveLength(1);
  // One client of two is onboarded: the other one's bus exists, so nothing waits for it.
  await follow("infra/smoke.sh");
  expect(scripts.az.state.canaries).toMatchObject({ acme: [{}, {}] });
  expect(scripts.az.state.canaries["globex"]).toBeUndefined();
});

test("docs/deploy.md registers the API, and its commands for clients work on a stamp", async () => {
  const texts = blocks("docs/deploy.md");
  await follow(registering.join("\n"));
  const [application] = scripts.az.state.applications;
  expect(application?.appRoles).toEqual(parseJson(read("infra/app-roles.json")));
  scripts.clients("acme", "globex");
  await follow(blocks("README.md").join("\n"));
  await follow("infra/onboard-client.sh globex");
  const [comes, smoke, leaves, ...rest] = texts.slice(registering.length);
  await follow([comes, smoke].join("\n"));
  scripts.clients("acme");
  await follow([leaves, ...rest].join("\n"));
  expect(namespacesOf(scripts.az.state).map(({ tags }) => tags?.["client"])).toEqual(["acme"]);
});

test("docs/operations.md shows at the first deployment that a sleeping function is woken, with messages that leave no trace", async () => {
  scripts.clients("acme", "globex");
  await follow(registering.join("\n"));
  const texts = blocks("docs/operations.md");
  await follow([...blocks("README.md"), ...texts].join("\n"));
  const { scheduled, canaries, resources } = scripts.az.state;
  expect(new Set(scheduled).size).toBe(20);
  for (const body of scheduled)
    expect(parseMessage(Buffer.from(body), new Date(), "acme")).toMatchObject({ kind: "unknown-type" });
  expect(canaries["acme"]).toHaveLength(2);
  expect(Object.keys(resources).filter((id) => id.includes("Data Sender-"))).toEqual([]);
});

test("the registration has every role that the app knows", () => {
  const roles = parseJson(read("infra/app-roles.json"));
  const values = Array.isArray(roles) ? roles.map((role) => textOf(role, "value")) : [];
  expect(values).toEqual(expect.arrayContaining([...ROLES]));
  expect(values).toContain("Webhooks.Operate");
});

/** Commands in the running text of the documents, which are not executed here. */
function mentioned(): string[] {
  const spans = (text: string) => [...text.replace(/^```[^]*?^```$/gm, "").matchAll(/`(az [^`]+)`/g)];
  return DOCUMENTS.flatMap((path) => spans(read(path)).map(([, command = ""]) => command));
}

test("commands in the text of documents are as the CLI has them", () => {
  const wrong = mentioned().filter((command) => {
    const [, ...argv] = [...command.matchAll(/'[^']*'|"[^"]*"|\S+/g)].map(([word]) =>
      word.replaceAll(/^['"]|['"]$/g, ""),
    );
    try {
      return readCall(argv).command === "";
    } catch {
      return true;
    }
  });
  expect(mentioned()).toContain("az keyvault recover --name NAME");
  expect(wrong).toEqual([]);
});

test("every command of scripts and documents has a recorded syntax, and no other one has", () => {
  const scripts = ["onboard-client.sh", "offboard-client.sh", "smoke.sh", "lib/azure.sh", "lib/api.sh"];
  const files = [...DOCUMENTS, ...scripts.map((name) => `infra/${name}`)];
  const text = [...files.map(read), ...readWorkflows(ROOT).map((one) => one.text)].join("\n");
  expect(COMMANDS.filter((command) => !new RegExp(`\\baz ${command}[ \n\`]`).test(text))).toEqual([]);
});
