import { createSecretKey, randomBytes } from "node:crypto";
import { claimedMac, isAuthentic, withMac } from "../../../shared/core/events/message-mac.ts";

const KEY = { id: "k0001", key: createSecretKey(randomBytes(32)) };
const BODY = `{"type":"x","text":"Zoë 🎁","number":0.10,"more":"${"x".repeat(300)}"}`;

/** Whether the bytes are taken for ours. */
function ours(bytes: Uint8Array, key = KEY.key): boolean {
  const claimed = claimedMac(bytes);
  return claimed?.keyId === KEY.id && isAuthentic(claimed, key);
}

test("a message is its JSON text with the MAC as first member, and verifies", () => {
  const bytes = withMac(BODY, KEY);
  expect(bytes.toString()).toMatch(
    /^\{"mac":"v1\.k0001\.[\w-]{43}","type":"x","text":"Zoë 🎁","number":0\.10,"more":"x{300}"\}$/,
  );
  expect(claimedMac(bytes)?.keyId).toBe("k0001");
  expect(ours(bytes)).toBe(true);
  expect(ours(bytes, createSecretKey(randomBytes(32)))).toBe(false);
});

test("no byte of a message can be changed, left out or added", () => {
  const bytes = withMac(BODY, KEY);
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(ours(changed)).toBe(false);
    expect(ours(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]))).toBe(false);
    expect(ours(Buffer.concat([bytes.subarray(0, at), Buffer.from(" "), bytes.subarray(at)]))).toBe(false);
  }
  expect(ours(Buffer.concat([bytes, Buffer.from(" ")]))).toBe(false);
});

test("a MAC has exactly one spelling: spare bits of base64 do not make a second one", () => {
  const text = withMac(BODY, KEY).toString();
  const [, mac = ""] = /"v1\.k0001\.([\w-]+)"/.exec(text) ?? [];
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(mac.at(-1) ?? "");
  const twins = [1, 2, 3].map((bits) => mac.slice(0, -1) + alphabet.charAt(last ^ bits));
  for (const twin of twins) {
    expect(Buffer.from(twin, "base64url")).toEqual(Buffer.from(mac, "base64url"));
    expect(ours(Buffer.from(text.replace(mac, twin)))).toBe(false);
  }
});
