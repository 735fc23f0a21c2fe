/**
 * The development CA: signs the certificates of the partner and of any receiver that a developer runs locally. Trusting `ca.pem`
 * (`NODE_EXTRA_CA_CERTS`, `curl --cacert`) covers them all.
 */
// @peculiar/x509 needs the metadata polyfill before it loads.
import "reflect-metadata";
import { randomUUID, webcrypto } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";

const P256 = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNING = { name: "ECDSA", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;
const CA_DAYS = 5 * 365;
/** Some TLS clients reject server certificates valid for more than 825 days. */
const SERVER_DAYS = 800;
const CA_NAME = "CN=KLS Webhooks development CA";

/** Paths of the CA's certificate and private key (PEM; the key is PKCS#8). */
export interface Ca {
  readonly ca: string;
  readonly caKey: string;
}

/** A signed server certificate and its private key: the PEM texts, and the files that hold them. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
  readonly certPath: string;
  readonly keyPath: string;
}

/**
 * The CA of `dir` (`ca.pem`, `ca-key.pem`), created when missing: P-256, valid for 5 years from `now`, for signing certificates only.
 * Processes that ask at the same time all get the same key.
 */
export async function ensureCa(dir: string, now = new Date()): Promise<Ca> {
  mkdirSync(dir, { recursive: true });
  const paths = { ca: join(dir, "ca.pem"), caKey: join(dir, "ca-key.pem") };
  if (read(paths.caKey) === undefined) writeOnce(paths.caKey, await privatePem((await newKeys()).privateKey));
  // From the key on disk, whichever process wrote it: every certificate made here belongs to it.
  if (read(paths.ca) === undefined)
    writeOnce(paths.ca, await selfSigned(await keysFromPem(readFileSync(paths.caKey, "utf8")), now));
  return paths;
}

/**
 * Signs a certificate for a server with the CA of `dir` and writes `<first name>.pem` and `<first name>-key.pem` beside it,
 * replacing earlier ones. Valid for 800 days from `now`.
 *
 * @param names DNS names and IP addresses of the server; at least one.
 * @throws when `names` is empty.
 */
export async function issueCertificate(
  dir: string,
  names: readonly string[],
  now = new Date(),
): Promise<ServerCertificate> {
  const [first] = names;
  if (first === undefined)
    throw new Error("A certificate needs at least one DNS name or IP address, for example localhost.");
  const { ca, caKey } = await ensureCa(dir, now);
  const issuer = new x509.X509Certificate(readFileSync(ca, "utf8"));
  const issuerKeys = await keysFromPem(readFileSync(caKey, "utf8"));
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [first] }],
    issuer: issuer.subject,
    ...validity(now, SERVER_DAYS),
    publicKey: keys.publicKey,
    signingKey: issuerKeys.privateKey,
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => (isIP(value) === 0 ? { type: "dns", value } : { type: "ip", value })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  const file = first.replace(/[^A-Za-z0-9.-]/g, "_");
  const issued = {
    cert: `${certificate.toString("pem")}\n`,
    key: await privatePem(keys.privateKey),
    certPath: join(dir, `${file}.pem`),
    keyPath: join(dir, `${file}-key.pem`),
  };
  replaceFile(issued.certPath, issued.cert);
  replaceFile(issued.keyPath, issued.key);
  return issued;
}

async function selfSigned(keys: webcrypto.CryptoKeyPair, now: Date): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: CA_NAME,
    ...validity(now, CA_DAYS),
    keys,
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${certificate.toString("pem")}\n`;
}

/** Starts a day early, for clients whose clock is behind. */
function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - DAY_MS), notAfter: new Date(now.getTime() + days * DAY_MS) };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(P256, true, ["sign", "verify"]);
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;
}

async function keysFromPem(pem: string): Promise<webcrypto.CryptoKeyPair> {
  const privateKey = await webcrypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(pem), P256, true, [
    "sign",
  ]);
  const { kty, crv, x, y } = await webcrypto.subtle.exportKey("jwk", privateKey);
  if (kty === undefined || crv === undefined || x === undefined || y === undefined)
    throw new Error(
      "The CA's key file does not hold a P-256 private key. Delete both files of the CA to create new ones.",
    );
  const publicKey = await webcrypto.subtle.importKey("jwk", { kty, crv, x, y }, P256, true, ["verify"]);
  return { privateKey, publicKey };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Writes the file atomically, unless another process was first. */
function writeOnce(path: string, text: string): void {
  const draft = writeDraft(path, text);
  try {
    linkSync(draft, path);
  } catch (error) {
    if (read(path) === undefined) throw error;
  } finally {
    rmSync(draft);
  }
}

function replaceFile(path: string, text: string): void {
  renameSync(writeDraft(path, text), path);
}

/** Private keys are readable by their owner only. The name is unique: one process may ask twice at the same time. */
function writeDraft(path: string, text: string): string {
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, text, { mode: path.endsWith("-key.pem") ? 0o600 : 0o644 });
  return draft;
}
