import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { Bicep, Picture } from "../../scripts/bicep/bicep.ts";
import { withCopy } from "../../scripts/bicep/copies.ts";
import { isScopeId } from "../../shared/core/scope.ts";
import { faultsOf } from "./checks.ts";
import { pages, submit } from "./form.ts";
import type { Answers } from "./form.ts";
import { evaluate } from "./form-expression.ts";
import { formSchema } from "./form-schema.ts";
import { ROOT, openCli } from "./open-cli.ts";
import { ofType, settingsOf } from "./resources.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const parameter = z.looseObject({
  $ref: z.string().optional(),
  type: z.string().optional(),
  nullable: z.boolean().optional(),
  defaultValue: z.unknown().optional(),
  allowedValues: z.array(z.unknown()).optional(),
  minValue: z.number().optional(),
  maxValue: z.number().optional(),
});
const template = z
  .object({ parameters: z.record(z.string(), parameter), definitions: z.record(z.string(), parameter) })
  .parse(JSON.parse(read("infra/portal/main.json")));
const form = formSchema.parse(JSON.parse(read("infra/portal/createUiDefinition.json")));
const { outputs } = form.parameters;

/** A parameter with what the type that it refers to says. */
function resolved(name: string): z.infer<typeof parameter> {
  const own = template.parameters[name];
  if (!own) throw new Error(`main.bicep has no parameter ${name}.`);
  return { ...template.definitions[own.$ref?.split("/").at(-1) ?? ""], ...own };
}

/** What a person must fill in. */
const NEEDED: Answers = { "access.audience": "00000000-0000-0000-0000-0000000000c2" };

/** Everything that a person can change, and the outputs that it leads to. */
const FILLED: Answers = {
  "basics.environment": "Production",
  "basics.stamp": "two",
  "access.audience": "api://webhooks.kognitiv.example",
  "access.clientId": "00000000-0000-0000-0000-0000000000e1",
  "clients.inUse": true,
  "clients.list": [{ id: "acme" }, { id: "initech-eu" }],
  "size.memory": "512 MB",
  "size.maximum": 100,
  "size.ready": 2,
  "size.node": "24",
  "size.copies": "In three zones and a second region",
  "network.fixed": true,
  "network.address": "10.30.0.0/16",
  "network.app": "10.30.0.0/27",
  "network.endpoints": "10.30.1.0/28",
  "network.allow": "intranet.example:8443, 10.0.0.7:443",
  "operations.emails": "one@kognitiv.com, two@kognitiv.com",
  "operations.retention": 90,
  "operations.cap": 5,
  "operations.softDelete": 7,
  "operations.locked": "No",
};

let bicep: Bicep;
beforeAll(() => {
  bicep = openCli();
});
afterAll(() => {
  bicep.close();
});

/** A value as Bicep writes it. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[\n${value.map(literal).join("\n")}\n]`;
  if (value !== null && typeof value === "object")
    return `{\n${Object.entries(value)
      .map(([key, one]) => `${key}: ${literal(one)}`)
      .join("\n")}\n}`;
  return typeof value === "string" ? `'${value.replaceAll(/['\\$]/g, "\\$&")}'` : JSON.stringify(value);
}

/** What would be deployed with what the form hands over. The compiler says nothing about it, or this throws. */
function deployed(answers: Answers): Promise<Picture> {
  return withCopy(ROOT, [], async (folder) => {
    const path = join(folder, "portal.bicepparam");
    const lines = Object.entries(submit(form, answers)).map(([name, value]) => `param ${name} = ${literal(value)}`);
    writeFileSync(path, ["using 'main.bicep'", ...lines, ""].join("\n"));
    const said = await bicep.diagnose(path);
    if (said.length > 0) throw new Error(said.map(({ code, message }) => `${code}: ${message}`).join("\n"));
    return bicep.picture(path);
  });
}

test("the template is compiled from the current main.bicep; `npm run portal` compiles it", async () => {
  expect(read("infra/portal/main.json")).toBe(await bicep.template(join(ROOT, "infra/main.bicep")));
});

test("the form gives every parameter without a default, and none that does not exist", () => {
  const required = Object.keys(template.parameters).filter((name) => {
    const { defaultValue, nullable } = resolved(name);
    return defaultValue === undefined && nullable !== true;
  });
  expect(required.filter((name) => !(name in outputs))).toEqual([]);
  expect(Object.keys(outputs).filter((name) => !(name in template.parameters))).toEqual([]);
  // Those that a form does not ask for: who has a page elsewhere, and a part of a regular expression.
  expect(Object.keys(template.parameters).filter((name) => !(name in outputs))).toEqual([
    "corsOrigins",
    "headerValueCharacters",
    "zoneRedundant",
  ]);
});

test("what a person can choose is what the template allows, minimum and maximum included", () => {
  const elements = [...pages(form)].flatMap(([page, list]) => list.map((one) => [page, one] as const));
  const seen: string[] = [];
  for (const [page, one] of elements) {
    const used = page === "basics" ? `basics('${one.name}')` : `steps('${page}').${one.name}`;
    const [name, output = ""] = Object.entries(outputs).find(([, text]) => text.includes(used)) ?? [];
    if (name === undefined) continue;
    seen.push(name);
    const { allowedValues, minValue = -Infinity, maxValue = Infinity } = resolved(name);
    if ((one.type === "Microsoft.Common.DropDown" || one.type === "Microsoft.Common.OptionsGroup") && allowedValues) {
      const convert = output.startsWith("[int(") ? Number : String;
      const offered = one.constraints.allowedValues.map(({ value }) => convert(value));
      expect([name, offered.map(String).sort()]).toEqual([name, allowedValues.map(String).sort()]);
      expect(allowedValues).toEqual(expect.arrayContaining(offered));
      expect(one.constraints.allowedValues.map(({ label }) => label)).toContain(one.defaultValue);
    }
    if (one.type === "Microsoft.Common.Slider") {
      expect([name, one.min >= minValue, one.max <= maxValue]).toEqual([name, true, true]);
      expect([name, one.defaultValue]).toEqual([name, resolved(name).defaultValue]);
    }
  }
  expect(Object.keys(outputs).filter((name) => !seen.includes(name))).toEqual(["location", "withBuses"]);
});

test("a client's id in the form is what the app takes as one", () => {
  const grid = pages(form)
    .get("clients")
    ?.find((one) => one.type === "Microsoft.Common.EditableGrid");
  if (grid?.type !== "Microsoft.Common.EditableGrid") throw new Error("The form has no grid of clients.");
  const [column] = grid.constraints.columns;
  const pattern = new RegExp(column?.element.constraints.validations[0]?.regex ?? "$.");
  const ids = ["acme", "a1", "initech-eu", "a", "Acme", "1a", "-a", "a_b", "a".repeat(16), "a".repeat(17), ""];
  expect(ids.filter((id) => pattern.test(id))).toEqual(ids.filter(isScopeId));
});

test("a person who only fills in what must be deploys a stamp without clients that is as the project wants it", async () => {
  expect(() => submit(form, {})).toThrow(/audience|Audience/);
  const main = await deployed(NEEDED);
  expect(faultsOf({ production: true, main, clients: [] })).toEqual([]);
  expect(settingsOf(main).filter(({ name }) => name.startsWith("SB_"))).toEqual([]);
  expect(ofType(main, "Microsoft.Network/virtualNetworks")).toEqual([]);
  expect(settingsOf(main)).toContainEqual({
    name: "AUTH_ISSUER",
    value: "https://login.microsoftonline.com/00000000-0000-0000-0000-00000000000a/v2.0",
  });
});

test("a person who fills in everything gets all of it", async () => {
  expect(submit(form, FILLED)).toEqual({
    environment: "production",
    stamp: "two",
    location: "westeurope",
    clients: [
      { id: "acme", stamp: "two", sku: "Standard" },
      { id: "initech-eu", stamp: "two", sku: "Standard" },
    ],
    auth: {
      issuer: "https://login.microsoftonline.com/00000000-0000-0000-0000-00000000000a/v2.0",
      audience: "api://webhooks.kognitiv.example",
      jwksUrl: "https://login.microsoftonline.com/00000000-0000-0000-0000-00000000000a/discovery/v2.0/keys",
      clientsClaim: "roles",
      clientId: "00000000-0000-0000-0000-0000000000e1",
    },
    withBuses: false,
    outboundAllow: "intranet.example:8443, 10.0.0.7:443",
    nodeVersion: "24",
    instanceMemoryMb: 512,
    maximumInstanceCount: 100,
    alwaysReadyHttp: 2,
    dataSku: "Standard_GZRS",
    network: { addressPrefix: "10.30.0.0/16", appPrefix: "10.30.0.0/27", endpointPrefix: "10.30.1.0/28" },
    alertEmails: ["one@kognitiv.com", "two@kognitiv.com"],
    logRetentionDays: 90,
    logDailyCapGb: 5,
    softDeleteDays: 7,
    locked: false,
  });
  const main = await deployed(FILLED);
  expect(faultsOf({ production: false, main, clients: [] })).toEqual([]);
  expect(settingsOf(main).map(({ name }) => name)).toEqual(
    expect.arrayContaining(["SB_ACME__fullyQualifiedNamespace", "SB_INITECH_EU__fullyQualifiedNamespace"]),
  );
  expect(ofType(main, "Microsoft.Web/sites/config")).toHaveLength(1);
});

test.each([
  ["stamp", "basics.stamp", "Eins", "A letter, then 1 to 7"],
  ["tenant", "access.tenant", "kognitiv.example", "A tenant id"],
  ["audience that would break out of its text", "access.audience", 'x","issuer":"https://evil', "Letters, digits"],
  ["application id", "access.clientId", "webhooks", "An application id"],
  ["mail address", "operations.emails", "somebody", "Mail addresses"],
  ["mail address that nobody reads", "operations.emails", "a@kognitiv.com, b@kognitiv.example", "that people read"],
  ["mail address of an example", "operations.emails", "ops@example.com", "that people read"],
  ["place that may be called", "network.allow", "https://intranet.example", "host:port"],
])("a wrong %s is refused with what would be right", (_, name, value, message) => {
  expect(() => submit(form, { ...NEEDED, [name]: value })).toThrow(message);
});

test("a client's id that is none, a stamp in use without clients, and a range too small are refused", () => {
  const used = { ...NEEDED, "clients.inUse": true };
  expect(() => submit(form, { ...used, "clients.list": [{ id: "Acme" }] })).toThrow("A letter, then 1 to 15");
  expect(() => submit(form, used)).toThrow("too few");
  expect(() => submit(form, { ...NEEDED, "network.fixed": true, "network.app": "10.20.0.0/28" })).toThrow(
    "/27 or larger",
  );
});

test("an expression that calls what the portal has not, or is not well formed, is found", () => {
  expect(() => evaluate("[sayings('x')]", {})).toThrow("no function sayings");
  expect(() => evaluate("[concat('a', 'b']", {})).toThrow("is due");
});

test("the link in the README names the two files in the repository of package.json", () => {
  const { repository } = z.object({ repository: z.string() }).parse(JSON.parse(read("package.json")));
  const raw = (file: string) =>
    encodeURIComponent(
      `https://raw.githubusercontent.com/${repository.replace(/^github:/, "")}/main/infra/portal/${file}`,
    );
  const links = [...read("README.md").matchAll(/\((https:\/\/portal\.azure\.com\/[^)]*)\)/g)].map(([, link]) => link);
  expect(links).toEqual([
    `https://portal.azure.com/#create/Microsoft.Template/uri/${raw("main.json")}/createUIDefinitionUri/${raw("createUiDefinition.json")}`,
  ]);
});
