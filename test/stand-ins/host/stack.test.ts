import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { request } from "undici";
import { startStack } from "../../../local/stack/stack.ts";
import type { PartName, Stack } from "../../../local/stack/stack.ts";
import { arrayWith, matching } from "./matchers.ts";

const ROOT = join(import.meta.dirname, "../../..");
const dir = mkdtempSync(join(tmpdir(), "stack-"));
const runtimeFile = join(dir, "state/runtime.json");
let stack: Stack;

beforeAll(async () => {
  await build({
    entryPoints: [join(ROOT, "test/stand-ins/host/fixtures/environment-app.ts")],
    outfile: join(dir, "main.cjs"),
    bundle: true,
    platform: "node",
    format: "cjs",
    external: ["@azure/functions-core"],
    logLevel: "error",
  });
  stack = await startStack({
    ports: "free",
    tables: "disk",
    stateDir: join(dir, "state"),
    bundle: join(dir, "main.cjs"),
    env: { OUTBOUND_ALLOW: "localhost:9443", OF_THE_USER: "reaches the app" },
  });
});

afterAll(async () => {
  await stack.close();
  rmSync(dir, { recursive: true, force: true });
});

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test("runtime.json says where everything is", () => {
  const runtime: unknown = JSON.parse(readFileSync(runtimeFile, "utf8"));
  expect(runtime).toEqual(stack.runtime);
  expect(runtime).toMatchObject({
    api: matching(/^http:\/\/localhost:\d+$/),
    ui: matching(/\/ui$/),
    scope: { client: "acme", program: "rewards", environment: "uat" },
    clients: { acme: { topic: "events", queue: "deliveries" }, globex: { topic: "events", queue: "deliveries" } },
    partner: { ca: matching(/ca\.pem$/), caKey: matching(/ca-key\.pem$/) },
  });
});

test("the app gets the settings of the stack and those of the user; OUTBOUND_ALLOW has both", async () => {
  const answer = await request(`${stack.runtime.api}/api/environment`);
  expect(await answer.body.json()).toMatchObject({
    SB_ACME: stack.runtime.clients["acme"]?.connectionString,
    SB_GLOBEX: stack.runtime.clients["globex"]?.connectionString,
    TABLES_CONNECTION: stack.runtime.tables,
    OUTBOUND_ALLOW: `${new URL(stack.runtime.partner.url).host},localhost:9443`,
    OF_THE_USER: "reaches the app",
  });
});

test("tokens verify against the published key and carry roles and clients", async () => {
  const { issuer, audience, jwksUrl } = stack.issuer;
  const keys = createRemoteJWKSet(new URL(jwksUrl));
  const verify = async (token: string) => (await jwtVerify(token, keys, { issuer, audience })).payload;
  expect(await verify(stack.runtime.tokens.admin)).toMatchObject({ clients: "*", roles: arrayWith("Webhooks.Write") });
  expect(await verify(stack.runtime.tokens.acmeReader)).toMatchObject({ clients: ["acme"], roles: ["Webhooks.Read"] });
  expect(await verify(stack.runtime.tokens.globexWriter)).toMatchObject({ clients: ["globex"] });
});

test.each<PartName>(["host", "serviceBus", "tables", "partner"])(
  "%s is restarted on its port when it is killed",
  async (name) => {
    const { processes, ...places } = stack.runtime;
    const back = stack.processes[name].restarted();
    stack.processes[name].kill("SIGKILL");
    await back;
    const { processes: now, ...samePlaces } = stack.runtime;
    expect(samePlaces).toEqual(places);
    expect(now[name]).not.toBe(processes[name]);
    expect(JSON.parse(readFileSync(runtimeFile, "utf8"))).toMatchObject({ processes: now });
  },
);

test("close leaves no process and no runtime.json", async () => {
  const pids = Object.values(stack.runtime.processes);
  expect(pids.every(alive)).toBe(true);
  await stack.close();
  expect(pids.filter(alive)).toEqual([]);
  expect(existsSync(runtimeFile)).toBe(false);
});
