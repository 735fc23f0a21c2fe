import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Bicep, Picture } from "../../scripts/bicep/bicep.ts";
import { parsePicture } from "../../scripts/bicep/bicep.ts";
import { ENVIRONMENTS, bicepFiles, withCopy, drawPictures } from "../../scripts/bicep/copies.ts";
import { faultsOf, ofType, settingsOf } from "./checks.ts";
import { CLIENTS, ROOT, openCli } from "./open-cli.ts";

let bicep: Bicep;
let pictures: Map<string, Picture>;

beforeAll(async () => {
  bicep = openCli();
  pictures = await drawPictures(bicep, ROOT, CLIENTS);
});
afterAll(() => {
  bicep.close();
});

function picture(name: string): Picture {
  const found = pictures.get(`${name}.json`);
  if (!found) throw new Error(`There is no picture ${name}.`);
  return found;
}

test("every file compiles, and neither compiler nor linter has anything to say about it", async () => {
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

test("every file is as the formatter writes it", async () => {
  const folder = join(ROOT, "infra");
  const crooked = [];
  for (const file of bicepFiles(folder)) {
    if ((await bicep.format(join(folder, file))) !== readFileSync(join(folder, file), "utf8")) crooked.push(file);
  }
  expect(crooked).toEqual([]);
});

test("what would be deployed is what the kept pictures show; `npm run pictures` draws them anew", () => {
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
    const clients = CLIENTS.map(({ id }) => ({ id, picture: picture(`client.${name}.${id}`) }));
    const main = picture(`main.${name}.3-clients`);
    expect(faultsOf({ production: name === "production", main, clients })).toEqual([]);
  },
);

test.each(ENVIRONMENTS)("a client more in %s changes its own three settings of the stamp and nothing else", (name) => {
  const more = CLIENTS.slice(1).map(({ id }) => `SB_${id.toUpperCase().replaceAll("-", "_")}__`);
  const text = (from: Picture) => {
    const strip = (key: string, value: unknown): unknown =>
      key === "appSettings" && Array.isArray(value)
        ? settingsOf(from).filter((setting) => !more.some((prefix) => setting.name.startsWith(prefix)))
        : value;
    return JSON.stringify(from, strip);
  };
  const [one, three] = [picture(`main.${name}.1-client`), picture(`main.${name}.3-clients`)];
  expect(text(three)).toBe(text(one));
  expect(settingsOf(three).length - settingsOf(one).length).toBe(3 * more.length);
});

test.each(CLIENTS.map(({ id }) => id))(
  "the deployment of %s holds its own resources and two roles, no other one's",
  (id) => {
    const { predictedResources } = picture(`client.production.${id}`);
    expect(predictedResources.filter((resource) => !resource.id.includes(`sbns-${id}-`))).toEqual([]);
    expect(ofType(picture(`client.production.${id}`), "Microsoft.Authorization/roleAssignments")).toHaveLength(2);
  },
);

test("a Premium client with a private endpoint cannot be reached from the internet where its stamp has a network", () => {
  const access = (environment: string) =>
    ofType(picture(`client.${environment}.initech-eu`), "Microsoft.ServiceBus/namespaces")[0]?.properties[
      "publicNetworkAccess"
    ];
  expect([access("production"), access("dev")]).toEqual(["Disabled", "Enabled"]);
  expect(ofType(picture("client.production.initech-eu"), "Microsoft.Network/privateEndpoints")).toHaveLength(1);
});
