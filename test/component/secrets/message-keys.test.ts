import type { KeyObject } from "node:crypto";
import type { MessageKey } from "../../../shared/core/events/message-mac.ts";
import type { DataKeyStore, MessageKeys, SecretBox } from "../../../shared/core/ports/secrets.ts";
import type { KeyVault } from "../../support/key-vault.ts";
import { startVaultFixture } from "../support/vault-fixture.ts";
import type { VaultFixture } from "../support/vault-fixture.ts";

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

let fixture: VaultFixture;
let vault: KeyVault;
beforeAll(async () => {
  fixture = await startVaultFixture();
  ({ vault } = fixture);
});
afterAll(() => fixture.close());

const hex = (key: { readonly key: KeyObject } | undefined) => key?.key.export().toString("hex");
/** An instance with nothing in memory, and how often it read the table of data keys. */
function instance(): { readonly box: MessageKeys & SecretBox; readonly counted: { reads: number } } {
  const store = fixture.store();
  const counted = { reads: 0 };
  const counting: DataKeyStore = {
    ...store,
    all: (client) => {
      counted.reads += 1;
      return store.all(client);
    },
  };
  return { box: fixture.instance({ store: counting }), counted };
}

test("instances agree on a client's key, whichever asks first; clients have different ones", async () => {
  const [one, other] = [fixture.newPlace().scope.client, fixture.newPlace().scope.client];
  // One signs while the other already verifies: neither finds a key there.
  const [signing, named] = await Promise.all([instance().box.currentKey(one), instance().box.keyNamed(one, "k0001")]);
  expect(signing.id).toBe("k0001");
  expect(hex(named)).toBe(hex(signing));
  expect(hex(await instance().box.currentKey(other))).not.toBe(hex(signing));
});

test("a new data key signs only when every instance must have heard of it; messages under the old one stay good", async () => {
  const { client } = fixture.newPlace().scope;
  const [one, other] = [instance().box, instance().box];
  const place = { ...fixture.newPlace(), scope: { client, program: "rewards", environment: "uat" } };
  const old = await one.currentKey(client);
  fixture.pass(366 * DAY);
  await other.currentKey(client); // Knows the list as it is before the new key, for ten minutes.
  expect(await one.seal("s3cret", place)).toMatch(/^s2\.k0002\./);
  expect((await one.currentKey(client)).id).toBe("k0001");
  fixture.pass(59 * MINUTE);
  expect((await instance().box.currentKey(client)).id).toBe("k0001");
  fixture.pass(2 * MINUTE);
  const newer = await one.currentKey(client);
  expect(newer.id).toBe("k0002");
  expect(hex(await other.keyNamed(client, "k0002"))).toBe(hex(newer));
  expect(hex(await other.keyNamed(client, "k0001"))).toBe(hex(old));
});

test("made-up key ids cost no call and no read, however many there are", async () => {
  const { client } = fixture.newPlace().scope;
  const { box, counted } = instance();
  await box.currentKey(client);
  const before = { ...vault.calls };
  const reads = counted.reads;
  const named = await Promise.all(
    Array.from({ length: 200 }, (_, index) => box.keyNamed(client, `k${String(index + 2).padStart(4, "0")}`)),
  );
  expect(named).toEqual(Array<MessageKey | undefined>(200).fill(undefined));
  expect(await box.keyNamed(client, "__proto__")).toBeUndefined();
  expect(vault.calls).toEqual(before);
  expect(counted.reads).toBe(reads);
});

test("with the vault away: what was unwrapped lately still signs and verifies, the rest fails with its reason", async () => {
  const { client } = fixture.newPlace().scope;
  const { box } = instance();
  const key = await box.currentKey(client);
  await vault.goAway();
  expect(hex(await box.currentKey(client))).toBe(hex(key));
  expect(hex(await box.keyNamed(client, "k0001"))).toBe(hex(key));
  await expect(instance().box.currentKey(client)).rejects.toThrow(/could not unwrap a data key with .*ECONNREFUSED/);
  await vault.recover();
});
