import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { request } from "undici";
import { startHost, startHostOn } from "./host-process.ts";
import { containing } from "./matchers.ts";

const ENTRY = "main.cjs";
const manifest = (main: string): string => JSON.stringify({ main });
/** The library in one file, for entries given as text in a test. */
let library = "";

beforeAll(async () => {
  const built = await build({
    stdin: { contents: 'export { app } from "@azure/functions";', resolveDir: join(import.meta.dirname, "../../..") },
    bundle: true,
    platform: "node",
    format: "cjs",
    external: ["@azure/functions-core"],
    write: false,
  });
  library = built.outputFiles[0]?.text ?? "";
});

const run = (entry: string, main = ENTRY) =>
  startHostOn({
    "library.cjs": library,
    [ENTRY]: `const { app } = require("./library.cjs");\n${entry}`,
    "package.json": manifest(main),
  });

test("an entry file that throws before it registers anything leaves 0 functions and a running host", async () => {
  const host = await run('throw new Error("a setting is missing");');
  await host.line(/a setting is missing/);
  expect(host.functions).toEqual([]);
  expect((await request(`${host.url}/anything`)).statusCode).toBe(404);
  await host.stop();
});

test("an entry file that throws after it registered a function loses that one too", async () => {
  const host = await run('app.http("health", { handler: () => ({}) }); throw new Error("too late");');
  await host.line(/Worker failed to index functions: too late/);
  expect(host.functions).toEqual([]);
  await host.stop();
});

test("the same name twice takes the whole app down", async () => {
  const host = await run('for (const n of [1, 2]) app.http("twin", { handler: () => ({}) });');
  await host.line(/already been registered/);
  expect(host.functions).toEqual([]);
  await host.stop();
});

test("names that differ only in case are refused by the host, the first stays", async () => {
  const host = await run('for (const n of ["twin", "Twin"]) app.http(n, { handler: () => ({}) });');
  expect(host.functions).toEqual(["twin"]);
  expect(host.errors).toHaveProperty("Twin");
  await host.stop();
});

test("a wrong main leaves 0 functions and says so", async () => {
  const host = await run("", "nowhere.cjs");
  await host.line(/File does not exist/);
  expect(host.functions).toEqual([]);
  await host.stop();
});

test("main may be a glob", async () => {
  const host = await run('app.http("globbed", { handler: () => ({}) });', "ma*.cjs");
  expect(host.functions).toEqual(["globbed"]);
  await host.stop();
});

test("enableHttpStream is refused for HTTP functions", async () => {
  const host = await run('app.setup({ enableHttpStream: true }); app.http("streamed", { handler: () => ({}) });');
  expect(host.errors).toMatchObject({ streamed: containing("enableHttpStream") });
  await host.stop();
});

test("timers run on their schedule and at start, hooks run around them, and a retry policy is reported but not run", async () => {
  const host = await startHost("timer-app");
  expect(host.functions).toEqual(["every-second", "at-start", "from-app-start"]);
  expect(host.errors).toMatchObject({ unreadable: containing("expected six fields") });
  await host.line(/^TICK every second$/);
  await host.line(/^BEFORE every-second$/);
  await host.line(/^AFTER every-second null$/);
  await host.line(/^AFTER at-start Error: told to fail$/);
  await host.line(/at-start has a retry policy/);
  expect(await (await request(`${host.url}/from-app-start`)).body.text()).toBe("here");
  expect(host.count(/^TICK at start$/)).toBe(1);
  host.kill("SIGTERM");
  await host.line(/^TERMINATED$/);
  await host.stop();
});

test("the product's host.json is valid for the host, and provides the Service Bus trigger to an app that is not .NET", () => {
  const text = readFileSync(join(import.meta.dirname, "../../../host.json"), "utf8");
  expect(JSON.parse(text)).toMatchObject({
    version: "2.0",
    // Without it the real host knows HTTP and timers only: "The binding type(s) 'serviceBusTrigger' are not registered".
    // learn.microsoft.com/azure/azure-functions/extension-bundles: this range is the active one, with Service Bus extension 5.x.
    extensionBundle: { id: "Microsoft.Azure.Functions.ExtensionBundle", version: "[4.0.0, 5.0.0)" },
    extensions: { serviceBus: { maxConcurrentCalls: 128 } },
  });
});
