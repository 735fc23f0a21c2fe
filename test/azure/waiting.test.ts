import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openScripts, prepareStamp, type ScriptsUnderTest } from "./scripts-under-test.ts";
import { short } from "./expectations.ts";
import type { State } from "./state.ts";

const ONBOARD = "infra/onboard-client.sh acme --yes";
let scripts: ScriptsUnderTest;
let beginning: State;

beforeAll(async () => {
  scripts = await openScripts();
  await prepareStamp(scripts, "dev", "globex");
  scripts.clients("globex", "acme");
  beginning = scripts.az.state;
});
beforeEach(() => {
  scripts.az.state = structuredClone(beginning);
});
afterAll(async () => {
  await scripts.close();
});

/** As people run it, with a virtual clock: `sleep` adds to a file and returns. */
const VIRTUAL = `mkdir -p virtual; printf '#!/bin/sh\\necho "$1" >> virtual/slept\\n' > virtual/sleep; chmod +x virtual/sleep; rm -f virtual/slept
  PATH=$PWD/virtual:$PATH POLL_SECONDS= POLL_TRIES= `;

/** Rights that take effect only after so many requests. */
function rightsAfter(questions: number): void {
  let asked = 0;
  scripts.az.meanwhile = (call) => {
    if (short(call) === "rest get ready") asked += 1;
    const [app = ""] = Object.keys(scripts.az.state.settings);
    if (asked < questions) scripts.az.state.restarting[app] = Math.max(1, scripts.az.state.restarting[app] ?? 0);
  };
}

test("rights that take 25 minutes to take effect are waited for, with a report every minute", async () => {
  rightsAfter(300);
  const run = await scripts.bash(`${VIRTUAL}${ONBOARD}`);
  scripts.az.meanwhile = undefined;
  expect([run.exit, run.error]).toEqual([0, ""]);
  expect(run.out).toContain("Waiting up to 30 minutes until the app is ready for acme.");
  expect(run.out).toContain("Still waiting after 1 min 0 s.\n");
  expect(run.out).toContain("Still waiting after 25 min 0 s.\n");
  expect(run.out).not.toContain("Still waiting after 26 min");
}, 240_000);

test("after half an hour it gives up, and says where to look", async () => {
  rightsAfter(Infinity);
  const run = await scripts.bash(`${VIRTUAL}${ONBOARD}`);
  scripts.az.meanwhile = undefined;
  const slept = readFileSync(join(scripts.folder, "virtual/slept"), "utf8").trim().split("\n").map(Number);
  expect(run.exit).toBe(1);
  expect(run.error).toContain("Role assignments can take up to half an hour to take effect.");
  const seconds = slept.reduce((sum, one) => sum + one, 0);
  expect([seconds >= 29 * 60, seconds <= 31 * 60]).toEqual([true, true]);
}, 240_000);
