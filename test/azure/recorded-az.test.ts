import { createServer } from "node:http";
import { once } from "node:events";
import { type ScriptsUnderTest, openScripts, prepareStamp } from "./scripts-under-test.ts";
import { passes } from "./expectations.ts";
import { printed } from "./output.ts";

let scripts: ScriptsUnderTest;
beforeAll(async () => {
  scripts = await openScripts();
  await prepareStamp(scripts, "dev", "acme");
});
afterAll(async () => {
  await scripts.close();
});

/** What the CLI 2.45 itself says to each of these, word for word but for its suggestions. */
test.each([
  ["az servicebus quue show", "'quue' is misspelled or not recognized by the system."],
  ["az group create --name rg", "the following arguments are required: --location/-l"],
  ["az group create --name --location westeurope", "argument --name/--resource-group/-n/-g: expected one argument"],
  ["az lock delete --ids", "argument --ids: expected at least one argument"],
  [
    "az account show --output xml",
    "az account show: 'xml' is not a valid value for '--output'. Allowed values: json, jsonc, yaml, yamlc, table, tsv, none.",
  ],
  ["az account show extra", "unrecognized arguments: extra"],
  ["az account show --query id more", "unrecognized arguments: more"],
  ["az account show --only-show-errors=yes", "argument --only-show-errors: ignored explicit argument 'yes'"],
  [
    "az servicebus topic update -g rg --namespace-name n --name t --status Closed",
    "az servicebus topic update: 'Closed' is not a valid value for '--status'.",
  ],
])("refused as the CLI's own parser does, with status 2: %s", async (command, told) => {
  scripts.az.calls = [];
  const run = await scripts.bash(command);
  expect(run.exit).toBe(2);
  expect(run.error).toContain(`ERROR: ${told}`);
  expect(scripts.az.misspelt).toHaveLength(1);
});

test.each([
  [
    "an option that it does not heed",
    "az group create --name rg --location westeurope --tags a=b",
    "does not heed --tags",
  ],
  ["a query that is none", "az account show --query 'id['", "The query id[ is wrong"],
  ["a table", "az account show --output table", "does not print table"],
])("refused, since what the CLI would do is not known: %s", async (_what, command, told) => {
  scripts.az.calls = [];
  const run = await scripts.bash(command);
  expect([run.exit, run.error]).toEqual([2, expect.stringContaining(told)]);
});

test("a lock keeps a bus, and the roles on it, from being deleted", async () => {
  const { resources } = scripts.az.state;
  const bus = Object.keys(resources).find((id) => /namespaces\/sbns-acme-\w+$/.test(id)) ?? "";
  const role = Object.keys(resources).find((id) => id.startsWith(`${bus}/providers/Microsoft.Authorization/`)) ?? "";
  const lock = `${bus}/providers/Microsoft.Authorization/locks/keep`;
  resources[lock] = { id: lock, name: "keep", type: "Microsoft.Authorization/locks", properties: {} };
  for (const command of [`az resource delete --ids ${bus}`, `az role assignment delete --ids ${role}`]) {
    const run = await scripts.bash(command);
    expect([run.exit, run.error]).toEqual([1, expect.stringContaining("(ScopeLocked)")]);
  }
  await passes(scripts, `az lock delete --ids ${lock} && az role assignment delete --ids ${role}`);
});

/** As knack 0.10 prints them. */
test.each([
  ["text", "text\n"],
  [true, "true\n"],
  [null, ""],
  [["a", 1, null, false], "a\n1\nNone\nfalse\n"],
  [
    [
      ["a", 1, null, false],
      ["b", [1, 2], { c: 1 }, 0.5],
    ],
    "a\t1\tNone\tFalse\nb\t2\t\t0.5\n",
  ],
  [[], ""],
])("printed as tsv: %j", (value, text) => {
  expect(printed(value, "tsv")).toBe(text);
});

test("calls of the API go to a running app when one is given, with its token", async () => {
  const seen: string[] = [];
  const app = createServer((request, response) => {
    request.setEncoding("utf8").on("data", (chunk: string) => seen.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      seen.push(`${method} ${url} ${headers.authorization ?? "-"} ${headers["if-match"] ?? "-"}`);
      response
        .writeHead(method === "GET" ? 200 : 409, { "content-type": "application/json" })
        .end('{"status":"ready"}');
    });
  }).listen(0, "127.0.0.1");
  await once(app, "listening");
  const address = app.address();
  if (address === null || typeof address === "string") throw new Error("There is no port.");
  scripts.az.options = { forward: { baseUrl: `http://127.0.0.1:${String(address.port)}`, token: "t0ken" } };
  const [name = "", { AUTH_AUDIENCE: audience = "" } = {}] = Object.entries(scripts.az.state.settings)[0] ?? [];
  const url = `https://${name}.azurewebsites.net/api/health`;
  const ready = await passes(
    scripts,
    `az rest --url '${url}/ready?client=acme' --resource ${audience} --query status --output tsv`,
  );
  await passes(scripts, `az rest --method get --url ${url} --skip-authorization-header`);
  const put = await scripts.bash(
    `az rest --method put --url ${url} --resource ${audience} --headers If-Match=* --body '{"a":1}'`,
  );
  app.close();
  scripts.az.options = {};
  expect(ready.out).toBe("ready\n");
  expect(put.error).toBe('ERROR: Conflict({"status":"ready"})\n');
  expect(seen).toEqual([
    "GET /api/health/ready?client=acme Bearer t0ken -",
    "GET /api/health - -",
    '{"a":1}',
    "PUT /api/health Bearer t0ken *",
  ]);
});
