import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureCa, issueCertificate } from "../../../local/ca/ca.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "ca-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

const openssl = (...args: string[]): string =>
  execFileSync("openssl", args, { cwd: dir, encoding: "utf8", stdio: "pipe" });

test("the CA is created once, for five years, and its key is readable only by its owner", async () => {
  const now = new Date("2026-03-01T12:00:00Z");
  const { ca, caKey } = await ensureCa(dir, now);
  const first = readFileSync(ca, "utf8");
  await ensureCa(dir, new Date("2027-01-01T00:00:00Z"));
  expect(readFileSync(ca, "utf8")).toBe(first);
  const certificate = new X509Certificate(first);
  expect(certificate.ca).toBe(true);
  expect(certificate.validToDate.toISOString()).toBe("2031-02-28T12:00:00.000Z");
  expect(statSync(caKey).mode & 0o077).toBe(0);
});

test("concurrent callers get one CA", async () => {
  const all = await Promise.all(Array.from({ length: 5 }, () => issueCertificate(dir, ["localhost"])));
  const ca = new X509Certificate(readFileSync(join(dir, "ca.pem"), "utf8"));
  for (const { cert } of all) expect(new X509Certificate(cert).verify(ca.publicKey)).toBe(true);
});

test("a signed certificate has the names it was signed for, and openssl accepts the chain by its strict rules", async () => {
  const { cert, certPath } = await issueCertificate(dir, ["api.example.test", "localhost", "127.0.0.1", "::1"]);
  const certificate = new X509Certificate(cert);
  expect(certificate.checkHost("api.example.test")).toBe("api.example.test");
  expect(certificate.checkHost("localhost")).toBe("localhost");
  expect(certificate.checkHost("other.example.test")).toBeUndefined();
  expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(certificate.checkIP("::1")).toBe("::1");
  expect(certificate.ca).toBe(false);
  expect(openssl("verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.pem", certPath)).toContain("OK");
});

test("openssl can sign with the CA's key", async () => {
  await ensureCa(dir);
  writeFileSync(join(dir, "names.txt"), "subjectAltName=DNS:localhost\n");
  openssl(
    "req",
    "-new",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    "own-key.pem",
    "-out",
    "own.csr",
    "-subj",
    "/CN=localhost",
  );
  const signing = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-extfile", "names.txt"];
  openssl("x509", "-req", "-in", "own.csr", "-out", "own.pem", ...signing);
  expect(openssl("verify", "-CAfile", "ca.pem", "own.pem")).toContain("OK");
});

test("Node trusts a server of that CA only if configured to", async () => {
  const { cert, key } = await issueCertificate(dir, ["localhost"]);
  const server = createServer({ cert, key }, (_, response) => response.end("hello"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const ask = (ca?: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const options = { host: "localhost", port, agent: false as const, ...(ca === undefined ? {} : { ca }) };
      request(options, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
  await expect(ask(readFileSync(join(dir, "ca.pem"), "utf8"))).resolves.toBe(200);
  await expect(ask()).rejects.toThrow("unable to verify the first certificate");
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test("a certificate without any name is refused", async () => {
  await expect(issueCertificate(dir, [])).rejects.toThrow("at least one DNS name");
});
