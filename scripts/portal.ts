/** `npm run portal`: compiles `infra/main.bicep` to `infra/portal/main.json`, which "Deploy to Azure" deploys. A test compares the two. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBicep } from "./bicep/bicep.ts";
import { findBicepCli } from "./bicep/find-cli.ts";

const root = join(import.meta.dirname, "..");
const cli = findBicepCli(root);
if ("missing" in cli) throw new Error(cli.missing);
const bicep = openBicep(cli.path);
try {
  const template = await bicep.template(join(root, "infra/main.bicep"));
  writeFileSync(join(root, "infra/portal/main.json"), template);
  console.log(`infra/portal/main.json has ${String(Math.ceil(template.length / 1024))} KB.`);
} finally {
  bicep.close();
}
