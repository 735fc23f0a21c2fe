/** `npm run package`: writes what is deployed, `dist/webhooks.zip`, and the same files unzipped in `dist/webhooks`. */
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeDeployPackage } from "./deploy-package.ts";

const root = dirname(import.meta.dirname);
const folder = join(root, "dist/webhooks");
const { files, zip } = await makeDeployPackage(root);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [name, content] of files) writeFileSync(join(folder, name), content);
writeFileSync(`${folder}.zip`, zip);

const kilobytes = (bytes: Uint8Array): string => `${String(Math.ceil(bytes.length / 1024))} KB`;
for (const [name, content] of files) console.log(`  ${name.padEnd(14)}${kilobytes(content).padStart(9)}`);
console.log(
  `dist/webhooks.zip ${kilobytes(zip)}, SHA-256 ${createHash("sha256").update(zip).digest("hex").slice(0, 16)}…`,
);
