import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Bicep, Picture, Resource } from "../../scripts/bicep/bicep.ts";
import { parsePicture } from "../../scripts/bicep/bicep.ts";
import type { Client } from "../../scripts/bicep/copies.ts";
import { ENVIRONMENTS, bicepFiles, drawAll, drawPictures, withCopy } from "../../scripts/bicep/copies.ts";
import { busSetting } from "../../shared/core/scope.ts";
import { faultsOf } from "./checks.ts";
import { CLIENTS, ROOT, openCli } from "./open-cli.ts";
import { ofType, settingsOfApp } from "./resources.ts";

let bicep: Bicep;
let pictures: Map<string, Picture>;
/** As before the last client was added to clients.json. */
let fewer: Map<string, Picture>;

beforeAll(async () => {
  bicep = openCli();
  pictures = await drawPictures(bicep, ROOT, CLIENTS);
  fewer = await drawAll(bicep, ROOT, CLIENTS.slice(0, -1));
});
afterAll(() => {
  bicep.close();
});

function picture(name: string): Picture {
  const found = pictures.get(`${name}.json`);
  if (!found) throw new Error(`There is no picture ${name}.`);
  return found;
}

test("every file compiles, without diagnostics from compiler or linter", async () => {
  const [files, said] = await withCopy(ROOT, CLIENTS, async (folder) => {
    const names = bicepFiles(folder);
    const all = [];
    for (const name of names) all.push(...(await bicep.diagnose(join(folder, name))));
    return [names, all];
  });
  expect(said).toEqual([]);
  expect(files).toEqual(
    expect.arrayContaining(["main.bicep", "client.bicep", "modules/bus.bicep", "main.dev.bicepparam"]),
  );
});

test("every file is formatted", async () => {
  const folder = join(ROOT, "infra");
  const crooked = [];
  for (const file of bicepFiles(folder)) {
    if ((await bicep.format(join(folder, file))) !== readFileSync(join(folder, file), "utf8")) crooked.push(file);
  }
  expect(crooked).toEqual([]);
});

test("what would be deployed matches the stored pictures; `npm run pictures` redraws them", () => {
  const folder = join(ROOT, "infra/pictures");
  const kept = readdirSync(folder).filter((name) => name !== "clients.json");
  expect(kept.sort()).toEqual([...pictures.keys()].sort());
  for (const name of kept) {
    expect({ name, picture: pictures.get(name) }).toEqual({
      name,
      picture: parsePicture(readFileSync(join(folder, name), "utf8")),
    });
  }
});

test.each(ENVIRONMENTS)(
  "%s has identities only, the rights that the app needs and no others, and names that fit",
  (name) => {
    const clients = CLIENTS.map((client) => ({ client, picture: picture(`client.${name}.${client.id}`) }));
    const main = picture(`main.${name}.3-clients`);
    expect(faultsOf({ production: name === "production", main, clients })).toEqual([]);
  },
);

/** Everything that an environment with these clients deploys, by id: the stamp, and the bus of each client. */
function everything(from: ReadonlyMap<string, Picture>, environment: string, clients: readonly Client[]) {
  const names = [
    `main.${environment}.${String(clients.length)}-clients`,
    ...clients.map(({ id }) => `client.${environment}.${id}`),
  ];
  const resources = names.flatMap((name) => from.get(`${name}.json`)?.predictedResources ?? []);
  return new Map(resources.map((resource) => [resource.id, resource]));
}

test.each(ENVIRONMENTS)(
  "one more client in clients.json changes %s by its own bus, its four roles and its three settings, and nothing else",
  (name) => {
    const initech = CLIENTS[2]?.id ?? "";
    const [two, three] = [everything(fewer, name, CLIENTS.slice(0, 2)), everything(pictures, name, CLIENTS)];
    const added = [...three.values()].filter(({ id }) => !two.has(id));
    const gone = [...two.keys()].filter((id) => !three.has(id));
    const changed = [...two.values()].filter((one) => JSON.stringify(one) !== JSON.stringify(three.get(one.id)));

    expect(gone).toEqual([]);
    expect(added.filter(({ id }) => !id.includes(`/sbns-${initech}-`))).toEqual([]);
    expect(added.filter(({ type }) => type === "Microsoft.Authorization/roleAssignments")).toHaveLength(4);
    expect(changed.map(({ type }) => type)).toEqual(["Microsoft.Web/sites"]);

    const [before, after] = [two, three].map((all) =>
      [...all.values()].find(({ type }) => type === "Microsoft.Web/sites"),
    );
    if (!before || !after) throw new Error("There is no app.");
    const settings = settingsOfApp(after);
    const known = new Set(settingsOfApp(before).map(({ name: one }) => one));
    expect(settings.filter((one) => !known.has(one.name)).map((one) => one.name)).toEqual([
      `${busSetting(initech)}__fullyQualifiedNamespace`,
      `${busSetting(initech)}__credential`,
      `${busSetting(initech)}__clientId`,
    ]);
    const rest = (app: Resource) =>
      JSON.stringify(app, (key, value: unknown) => (key === "appSettings" ? "compared above" : value));
    expect(settings.filter((one) => known.has(one.name))).toEqual(settingsOfApp(before));
    expect(rest(after)).toBe(rest(before));
  },
);

test("no preview version of an API is used where there is a stable one", () => {
  const all = [...pictures.values()].flatMap(({ predictedResources }) => predictedResources);
  const previews = all.filter(({ apiVersion }) => apiVersion.endsWith("-preview")).map(({ type }) => type);
  // Its stable version, of 2016, is of another shape: one setting a resource, and no categories of metrics.
  expect([...new Set(previews)]).toEqual(["Microsoft.Insights/diagnosticSettings"]);
});

test("a Premium client with a private endpoint cannot be reached from the internet where its stamp has a network", () => {
  const access = (environment: string) =>
    ofType(picture(`client.${environment}.initech-eu`), "Microsoft.ServiceBus/namespaces")[0]?.properties[
      "publicNetworkAccess"
    ];
  expect([access("production"), access("dev")]).toEqual(["Disabled", "Enabled"]);
  expect(ofType(picture("client.production.initech-eu"), "Microsoft.Network/privateEndpoints")).toHaveLength(1);
});
