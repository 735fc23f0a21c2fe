import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bicep } from "../../scripts/bicep/bicep.ts";
import { withCopy } from "../../scripts/bicep/copies.ts";
import { REFUSED_CONFIG, REFUSED_PROPERTIES, REFUSED_SETTINGS, flexFaults } from "./flex.ts";
import { CLIENTS, ROOT, openCli } from "./open-cli.ts";
import { settingsOf } from "./resources.ts";
import { settingFaults } from "./settings.ts";

let bicep: Bicep;
beforeAll(() => {
  bicep = openCli();
});
afterAll(() => {
  bicep.close();
});

/** What is found in a copy of the templates whose app has one line more, before the one that begins with `before`. */
function faultsWith(line: string, before: string): Promise<string[]> {
  return withCopy(ROOT, CLIENTS.slice(0, 1), async (folder) => {
    const path = join(folder, "modules/function-app.bicep");
    const text = readFileSync(path, "utf8");
    if (text.split(before).length !== 2) throw new Error(`function-app.bicep must hold this once: ${before}`);
    writeFileSync(path, text.replace(before, `${line}\n${before}`));
    const main = await bicep.picture(join(folder, "main.dev.bicepparam"));
    return [...flexFaults(main), ...settingFaults(settingsOf(main).map(({ name }) => name))];
  });
}

test.each(Object.entries(REFUSED_CONFIG))("siteConfig.%s is found by its name", async (name, value) => {
  expect(await faultsWith(`      ${name}: ${value}`, "      minTlsVersion:")).toEqual([`flex-refuses: ${name}`]);
});

test.each(Object.entries(REFUSED_PROPERTIES))("the site's %s is found by its name", async (name, value) => {
  expect(await faultsWith(`    ${name}: ${value}`, "    httpsOnly: true")).toEqual([`flex-refuses: ${name}`]);
});

test.each([...REFUSED_SETTINGS, "Website_Run_From_Package"])("the setting %s is found by its name", async (name) => {
  const found = await faultsWith(
    `        { name: '${name}', value: '1' }`,
    "        { name: 'APPLICATIONINSIGHTS_CONN",
  );
  expect(found).toContain(`flex-refuses: ${name}`);
});

test.each([
  [
    "publishing by FTP",
    "  resource ftp 'basicPublishingCredentialsPolicies' = { name: 'ftp', properties: { allow: false } }\n",
    "flex-refuses: Microsoft.Web/sites/basicPublishingCredentialsPolicies ftp",
  ],
  [
    "a slot",
    "  resource slot 'slots' = { name: 'next', location: location, properties: {} }\n",
    "flex-refuses: Microsoft.Web/sites/slots next",
  ],
  [
    "the same in a resource of its own",
    "  resource web 'config' = { name: 'web', properties: { ftpsState: 'Disabled' } }\n",
    "flex-refuses: ftpsState",
  ],
])("%s is found by its name", async (_, resource, fault) => {
  expect(await faultsWith(resource, "  resource scm ")).toEqual([fault]);
});
