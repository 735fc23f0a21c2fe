/**
 * Signs a certificate for a receiver of your own: `node local/ca/issue.ts NAME[,NAME…] [--dir .local]`.
 * Prints the paths of the certificate, its key and the CA.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { issueCertificate } from "./ca.ts";

const { values, positionals } = parseArgs({
  options: { dir: { type: "string", default: ".local" } },
  allowPositionals: true,
});
const names = positionals.flatMap((argument) => argument.split(",")).filter((name) => name !== "");
if (names.length === 0) {
  console.error(
    "Usage: node local/ca/issue.ts NAME[,NAME…] [--dir .local]\nExample: node local/ca/issue.ts localhost,127.0.0.1",
  );
  process.exitCode = 2;
} else {
  const { certPath, keyPath } = await issueCertificate(values.dir, names);
  console.log(`certificate ${certPath}\nkey         ${keyPath}\nCA          ${join(values.dir, "ca.pem")}`);
}
