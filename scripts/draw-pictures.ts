/** `npm run pictures`: writes `infra/pictures/`, what each deployment would create, for reviewers to compare. The tests compare too. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBicep } from "./bicep/bicep.ts";
import { drawPictures, readClients } from "./bicep/copies.ts";
import { findBicepCli } from "./bicep/find-cli.ts";

const root = join(import.meta.dirname, "..");
const cli = findBicepCli(root);
if ("missing" in cli) throw new Error(cli.missing);
const bicep = openBicep(cli.path);
try {
  const pictures = await drawPictures(bicep, root, readClients(join(root, "infra/pictures/clients.json")));
  for (const [name, picture] of pictures) {
    writeFileSync(join(root, "infra/pictures", name), `${JSON.stringify(picture, null, 2)}\n`);
  }
  console.log(`${String(pictures.size)} pictures are in infra/pictures.`);
} finally {
  bicep.close();
}
