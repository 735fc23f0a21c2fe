import { randomBytes } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { Secret } from "../../shared/core/secret.ts";
import { keyFileBox } from "../../shared/secrets/key-file-box.ts";

const place = { scope: { client: "acme", program: "rewards", environment: "uat" }, row: "wh_1", field: "headers/0" };
const k1 = randomBytes(32).toString("base64");
const k2 = randomBytes(32).toString("base64");

function keyFile(content: unknown): string {
  const path = join(mkdtempSync(join(tmpdir(), "keys-")), "keys.json");
  writeFileSync(path, JSON.stringify(content));
  return path;
}

test("what is sealed opens again at its place, and two seals of one text differ", async () => {
  const box = keyFileBox(keyFile({ current: "k1", keys: { k1 } }));
  const sealed = await box.seal("pässword 🎁", place);
  expect(sealed).not.toContain("pässword");
  expect(await box.seal("pässword 🎁", place)).not.toBe(sealed);
  expect(await box.open(sealed, place)).toBe("pässword 🎁");
});

test.each([
  ["another client", { ...place, scope: { ...place.scope, client: "globex" } }],
  ["another row", { ...place, row: "wh_2" }],
  ["another field", { ...place, field: "headers/1" }],
])("a value moved to %s does not open", async (_, elsewhere) => {
  const box = keyFileBox(keyFile({ current: "k1", keys: { k1 } }));
  const sealed = await box.seal("s3cret", place);
  await expect(box.open(sealed, elsewhere)).rejects.toThrow("does not open");
});

test("a changed value does not open", async () => {
  const box = keyFileBox(keyFile({ current: "k1", keys: { k1 } }));
  const sealed = await box.seal("s3cret", place);
  const [format, keyId, nonce, text = ""] = sealed.split(".");
  const changed = (text.startsWith("A") ? "B" : "A") + text.slice(1);
  await expect(box.open([format, keyId, nonce, changed].join("."), place)).rejects.toThrow("does not open");
  await expect(box.open("nonsense", place)).rejects.toThrow("unknown form");
});

test("after a rotation the old key still opens and the new one seals", async () => {
  const old = await keyFileBox(keyFile({ current: "k1", keys: { k1 } })).seal("s3cret", place);
  const rotated = keyFileBox(keyFile({ current: "k2", keys: { k1, k2 } }));
  expect(await rotated.open(old, place)).toBe("s3cret");
  expect(await rotated.seal("s3cret", place)).toMatch(/^s1\.k2\./);
  await expect(keyFileBox(keyFile({ current: "k2", keys: { k2 } })).open(old, place)).rejects.toThrow('key "k1"');
});

test.each([
  [{ current: "k1", keys: {} }, "not in `keys`"],
  [{ current: "k1", keys: { k1: "c2hvcnQ=" } }, "must be 32 bytes"],
  [{ current: "k.1", keys: { "k.1": k1 } }, "does not have the form"],
  ["text", "does not have the form"],
])("a wrong key file is reported without a key in the message: %j", (content, message) => {
  expect(() => keyFileBox(keyFile(content))).toThrow(message);
});

test("a secret cannot print itself", () => {
  const secret = new Secret("s3cret");
  const shown = [
    JSON.stringify({ secret }),
    String(secret),
    inspect({ secret }),
    inspect(secret, { showHidden: true }),
  ];
  for (const text of shown) expect(text).not.toContain("s3cret");
  expect(secret.reveal()).toBe("s3cret");
});

test("message keys: one a client, stable, found by id after a rotation, and not the key that seals", async () => {
  const before = keyFileBox(keyFile({ current: "k1", keys: { k1 } }));
  const after = keyFileBox(keyFile({ current: "k2", keys: { k1, k2 } }));
  const hex = (key: { readonly key: KeyObject } | undefined) => key?.key.export().toString("hex");
  const [acme, globex] = [await before.currentKey("acme"), await before.currentKey("globex")];
  expect(acme.id).toBe("k1");
  expect(hex(acme)).not.toBe(hex(globex));
  expect(hex(acme)).not.toBe(Buffer.from(k1, "base64").toString("hex"));
  expect(hex(await after.keyNamed("acme", "k1"))).toBe(hex(acme));
  expect(await after.currentKey("acme")).toMatchObject({ id: "k2" });
  expect(hex(await after.keyNamed("acme", "k2"))).toBe(hex(await after.currentKey("acme")));
  expect(await before.keyNamed("acme", "k2")).toBeUndefined();
});
