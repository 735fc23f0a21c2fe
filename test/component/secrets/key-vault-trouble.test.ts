import { inspect } from "node:util";
import { VAULT_RESOURCE } from "../../support/key-vault.ts";
import type { KeyVault, Mood, Operation } from "../../support/key-vault.ts";
import { startVaultFixture } from "../support/vault-fixture.ts";
import type { VaultFixture } from "../support/vault-fixture.ts";

let fixture: VaultFixture;
let vault: KeyVault;
beforeAll(async () => {
  fixture = await startVaultFixture();
  ({ vault } = fixture);
});
afterEach(() => {
  jest.useRealTimers();
  vault.mood = "works";
  vault.resource = VAULT_RESOURCE;
});
afterAll(() => fixture.close());

/** Longest that the app waits for the vault, in milliseconds. */
const LIMIT_MS = 5_000;

/** From now on timers run when the test says so. Network and promises go on. */
function holdTimers(): void {
  jest.useFakeTimers({
    doNotFake: ["Date", "hrtime", "performance", "nextTick", "queueMicrotask", "setImmediate", "clearImmediate"],
  });
}

async function until(fact: () => boolean): Promise<void> {
  while (!fact()) await new Promise((resolve) => setImmediate(resolve));
}

/** What went wrong. */
async function failure(work: Promise<unknown>): Promise<{ message: string; shown: string }> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (typeof error !== "object" || error === null || !("message" in error)) throw new Error("Nothing went wrong.");
  // The SDK's error would bring the request, whose body is the plain key, for whoever looks into it.
  expect(error).not.toHaveProperty("cause");
  const shown = inspect(error, { depth: Infinity, showHidden: true });
  return { message: String(error.message), shown };
}

const RIGHTS =
  "The app's identity needs the rights get, wrapKey and unwrapKey on this key, and the key must be enabled.";

/**
 * Opens and seals in this mood: both fail for this reason and no secret is in what is thrown; all works once the vault does.
 * @returns how often the vault was asked meanwhile
 */
async function failsWith(
  mood: Mood,
  reason: RegExp,
  meanwhile = (): Promise<void> => Promise.resolve(),
): Promise<Record<Operation, number>> {
  const place = fixture.newPlace();
  const sealed = await fixture.instance().seal("s3cret", place);
  const box = fixture.instance();
  vault.mood = mood;
  const before = { ...vault.calls };
  const both = [
    failure(box.open(sealed, place)),
    failure(fixture.instance().seal("s3cret", fixture.newPlace())),
  ] as const;
  await meanwhile();
  const [opening, sealing] = await Promise.all(both);
  const { get, wrapkey, unwrapkey } = vault.calls;
  expect(opening.message).toMatch(`The app could not unwrap a data key with ${vault.keyUrl}: `);
  expect(sealing.message).toMatch(`The app could not wrap a data key with ${vault.keyUrl}: `);
  for (const { message, shown } of [opening, sealing]) {
    expect(message).toMatch(reason);
    for (const secret of ["s3cret", fixture.identity.token(VAULT_RESOURCE), ...vault.plainKeys])
      expect(shown).not.toContain(secret);
  }
  vault.mood = "works";
  expect(await box.open(sealed, place)).toBe("s3cret");
  return { get: get - before.get, wrapkey: wrapkey - before.wrapkey, unwrapkey: unwrapkey - before.unwrapkey };
}

test("a vault that forbids: the reason, no key or token in it, nothing of it remembered, and nothing asked twice", async () => {
  const reason =
    /: 403 Forbidden Caller is not authorized to perform action \w+ on resource\. The app's identity needs/;
  // Sealing asks for the key; opening too, and then to unwrap, for which it needs no right to read the key.
  expect(await failsWith("forbids", reason)).toEqual({ get: 2, wrapkey: 0, unwrapkey: 1 });
});

test("a vault that breaks: the reason, no key or token in it, nothing of it remembered, and each asked once more", async () => {
  const reason = /: 500 InternalServerError The vault is in trouble\.$/;
  expect(await failsWith("breaks", reason)).toEqual({ get: 4, wrapkey: 0, unwrapkey: 0 });
});

test("a vault that hangs is given up after five seconds: the reason, no key or token in it, and nothing of it remembered", async () => {
  const { get } = vault.calls;
  holdTimers();
  const asked = await failsWith("hangs", /: No answer within 5 s\.$/, async () => {
    // Two while it still worked.
    await until(() => vault.calls.get === get + 4);
    await jest.advanceTimersByTimeAsync(LIMIT_MS);
    jest.useRealTimers();
  });
  expect(asked).toEqual({ get: 2, wrapkey: 0, unwrapkey: 0 });
});

test("a refused wrap shows nothing of the key that it was to wrap, and keeps nothing in the table", async () => {
  const place = fixture.newPlace();
  const box = fixture.instance();
  await box.seal("the version is known", fixture.newPlace());
  const known = vault.plainKeys.length;
  vault.mood = "forgot-wrapkey";
  const { message, shown } = await failure(box.seal("s3cret", place));
  expect(message).toContain("403 Forbidden");
  expect(vault.plainKeys).toHaveLength(known + 1);
  const plain = Buffer.from(vault.plainKeys.at(-1) ?? "", "base64url");
  expect(plain).toHaveLength(32);
  const bytes = inspect(plain).slice("<Buffer ".length, -1).slice(0, 40);
  for (const form of [plain.toString("base64url"), plain.toString("base64"), plain.toString("hex"), bytes])
    expect(shown).not.toContain(form);
  expect(await fixture.store().all(place.scope.client)).toEqual([]);
});

test("a vault that is away: told at once, check included; what is in memory still opens; all works when it is back", async () => {
  const place = fixture.newPlace();
  const box = fixture.instance();
  const sealed = await box.seal("s3cret", place);
  await box.check();
  await vault.goAway();
  const away = await failure(box.check());
  expect(away.message).toMatch(/^The app could not wrap a data key with .*ECONNREFUSED/);
  const other = fixture.instance();
  expect((await failure(other.open(sealed, place))).message).toContain("ECONNREFUSED");
  expect(await box.open(sealed, place)).toBe("s3cret");
  await vault.recover();
  await box.check();
  expect(await other.open(sealed, place)).toBe("s3cret");
});

test.each<[Mood, string]>([
  ["forgot-wrapkey", "could not wrap"],
  ["forgot-unwrapkey", "could not unwrap"],
])("check proves both rights that data keys need: %s", async (mood, told) => {
  const box = fixture.instance();
  await box.check();
  vault.mood = mood;
  const { message } = await failure(box.check());
  expect(message).toContain(told);
  expect(message).toContain(RIGHTS);
});

test("check goes past every cache: get, wrap and unwrap each time", async () => {
  const box = fixture.instance();
  await box.check();
  const { get, wrapkey, unwrapkey } = vault.calls;
  await box.check();
  expect(vault.calls).toEqual({ get: get + 1, wrapkey: wrapkey + 1, unwrapkey: unwrapkey + 1 });
});

test("waiting for an identity that yields no token also ends after five seconds", async () => {
  let asked = 0;
  const silent = { getToken: () => new Promise<never>(() => (asked += 1)) };
  holdTimers();
  let ended = false;
  const failed = failure(fixture.instance({ identity: silent }).check()).finally(() => (ended = true));
  await until(() => asked > 0);
  await jest.advanceTimersByTimeAsync(LIMIT_MS - 1);
  expect(ended).toBe(false);
  await jest.advanceTimersByTimeAsync(1);
  expect((await failed).message).toContain("No answer within 5 s.");
});

test("a host that asks for a token of another resource gets none", async () => {
  vault.resource = "https://vault.azure.net";
  const { message } = await failure(fixture.instance().check());
  expect(message).toContain("does not match the requested domain");
  expect(fixture.identity.token("https://vault.azure.net")).toBeUndefined();
});

test("a row that names another vault or key is not followed there", async () => {
  const elsewhere = [
    vault.keyUrl.replace("kv-test", "kv-evil"),
    vault.keyUrl.replace("/wrapping", "/other"),
    vault.keyUrl.replace("/keys/", "/secrets/"),
  ].map((url) => `${url}/0123456789abcdef`);
  for (const wrappedBy of [...elsewhere, vault.keyUrl, "nonsense"]) {
    const place = fixture.newPlace();
    const key = { id: "k0001", wrapped: Buffer.alloc(256), wrappedBy, createdAt: fixture.now() };
    await fixture.store().add(place.scope.client, key);
    const before = { ...vault.calls };
    const { message } = await failure(fixture.instance().seal("s3cret", place));
    expect(message).toContain(`It was wrapped by ${wrappedBy}, which is not a version of this key.`);
    expect(vault.calls).toEqual(before);
  }
});

test.each([
  [
    "k0002",
    { wrapped: 5 },
    /^The row c\d+ k0002 of the table datakeys is not a valid data key \(wrapped: .*expected string.*\)\. Restore it/,
  ],
  ["k0002", { createdAt: "yesterday" }, /k0002 .* \(createdAt: .*\)/],
  ["copy-of-k0001", {}, /copy-of-k0001 .* \(rowKey: .*\)/],
])(
  "a row of data keys that cannot be read is named, and none is made in its place: %s %j",
  async (rowKey, broken, told) => {
    const place = fixture.newPlace();
    const sealed = await fixture.instance().seal("s3cret", place);
    const { client } = place.scope;
    const kept = { wrapped: "AAAA", wrappedBy: vault.keyUrl, createdAt: fixture.now().toISOString() };
    await (await fixture.table("datakeys")).createEntity({ partitionKey: client, rowKey, ...kept, ...broken });
    for (const use of [fixture.instance().open(sealed, place), fixture.instance().seal("more", place)])
      expect((await failure(use)).message).toMatch(told);
    await (await fixture.table("datakeys")).deleteEntity(client, rowKey);
    expect(await fixture.instance().open(sealed, place)).toBe("s3cret");
    expect((await fixture.store().all(client)).map(({ id }) => id)).toEqual(["k0001"]);
  },
);
