import type { DataKeyStore, SealPlace } from "../../../shared/core/ports/secrets.ts";
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

const store = () => fixture.store();
const instance = (dataKeys = store()) => fixture.instance({ store: dataKeys });
const newPlace = () => fixture.newPlace();
const keysOf = (place: SealPlace) => store().all(place.scope.client);
const calls = () => ({ ...vault.calls });

test("what one instance seals another opens; the table has the key wrapped, by the version that wrapped it", async () => {
  const place = newPlace();
  const sealed = await instance().seal("pässword 🎁", place);
  expect(sealed).toMatch(/^s2\.k0001\.[\w-]{16}\.[\w-]+$/);
  expect(await instance().open(sealed, place)).toBe("pässword 🎁");
  const [key, ...more] = await keysOf(place);
  expect(more).toEqual([]);
  expect(key?.id).toBe("k0001");
  expect(key?.wrapped).toHaveLength(256);
  expect(key?.wrappedBy).toMatch(new RegExp(`^${vault.keyUrl}/[0-9a-f]{32}$`));
  expect(key?.createdAt).toEqual(fixture.now());
});

test.each([
  ["another client", (place: SealPlace) => ({ ...place, scope: { ...place.scope, client: "globex" } })],
  ["another environment", (place: SealPlace) => ({ ...place, scope: { ...place.scope, environment: "live" } })],
  ["another row", (place: SealPlace) => ({ ...place, row: "wh_2" })],
  ["another field", (place: SealPlace) => ({ ...place, field: "headers/1" })],
])("a value moved to %s does not open", async (_, move) => {
  const place = newPlace();
  const box = instance();
  await box.seal("theirs", { ...place, scope: { ...place.scope, client: "globex" } });
  const sealed = await box.seal("s3cret", place);
  await expect(box.open(sealed, move(place))).rejects.toThrow("does not open");
});

test("each client has a data key of its own; a value whose key was erased tells so", async () => {
  const box = instance();
  const sealed = await box.seal("s3cret", newPlace());
  const [one, other] = [newPlace(), newPlace()];
  await expect(box.open(sealed, one)).rejects.toThrow(`The data key k0001 of ${one.scope.client} is missing`);
  await Promise.all([box.seal("a", one), box.seal("a", other)]);
  const [[a], [b]] = await Promise.all([keysOf(one), keysOf(other)]);
  expect(a?.wrapped).not.toEqual(b?.wrapped);
  await expect(box.open("s1.k1.AAAA.AAAA", one)).rejects.toThrow("unknown form");
  await expect(box.open("s2.k0001.AAAA.AAAA", one)).rejects.toThrow("does not open");
});

test("instances that make a client's first key at once end with one key, and each opens what the others sealed", async () => {
  const place = newPlace();
  const arrived: (() => void)[] = [];
  /** A store that lets no insert through before all instances have wrapped a key of their own. */
  const gathering = (): DataKeyStore => ({
    ...store(),
    add: async (client, key) => {
      await new Promise<void>((go) => {
        arrived.push(go);
        if (arrived.length === 5) for (const next of arrived) next();
      });
      return store().add(client, key);
    },
  });
  const boxes = Array.from({ length: 5 }, () => instance(gathering()));
  const sealed = await Promise.all(boxes.map((box, index) => box.seal(`secret ${String(index)}`, place)));
  expect(await keysOf(place)).toHaveLength(1);
  for (const box of boxes)
    expect(await Promise.all(sealed.map((text) => box.open(text, place)))).toEqual(
      sealed.map((_, index) => `secret ${String(index)}`),
    );
});

test("a stored key is never replaced", async () => {
  const { client } = newPlace().scope;
  const key = { id: "k0001", wrappedBy: `${vault.keyUrl}/1`, createdAt: fixture.now() };
  expect(await store().add(client, { ...key, wrapped: Buffer.from("first") })).toBe(true);
  expect(await store().add(client, { ...key, wrapped: Buffer.from("second") })).toBe(false);
  expect(await store().all(client)).toEqual([{ ...key, wrapped: Buffer.from("first") }]);
});

test("after a rotation old data keys unwrap by their version and new ones are wrapped by the new version", async () => {
  const [before, after] = [newPlace(), newPlace()];
  const box = instance();
  const old = await box.seal("old", before);
  const newest = await vault.rotate();
  const sealed = await box.seal("new", after);
  expect((await keysOf(after))[0]?.wrappedBy).toBe(newest);
  expect((await keysOf(before))[0]?.wrappedBy).not.toBe(newest);
  const other = instance();
  expect([await other.open(old, before), await other.open(sealed, after)]).toEqual(["old", "new"]);
});

test("a data key seals for a year, then the next one does; both open", async () => {
  const place = newPlace();
  const box = instance();
  const first = await box.seal("one", place);
  fixture.pass(364 * DAY);
  expect(await box.seal("two", place)).toMatch(/^s2\.k0001\./);
  fixture.pass(DAY);
  const second = await box.seal("three", place);
  expect(second).toMatch(/^s2\.k0002\./);
  expect((await keysOf(place)).map(({ id }) => id)).toEqual(["k0001", "k0002"]);
  const other = instance();
  expect([await other.open(first, place), await other.open(second, place)]).toEqual(["one", "three"]);
});

test("a hundred at once share one unwrap, and none is needed for the next ten minutes", async () => {
  const place = newPlace();
  const sealed = await instance().seal("s3cret", place);
  const box = instance();
  const before = calls();
  const open = () => Promise.all(Array.from({ length: 100 }, () => box.open(sealed, place)));
  expect(new Set(await open())).toEqual(new Set(["s3cret"]));
  expect(calls()).toEqual({ ...before, get: before.get + 1, unwrapkey: before.unwrapkey + 1 });
  fixture.pass(10 * MINUTE - 1);
  await open();
  expect(calls().unwrapkey).toBe(before.unwrapkey + 1);
  fixture.pass(1);
  await open();
  expect(calls()).toEqual({ ...before, get: before.get + 1, unwrapkey: before.unwrapkey + 2 });
});
