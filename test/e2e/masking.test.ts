import { event, startApp } from "./app-under-test.ts";
import type { AppUnderTest } from "./app-under-test.ts";
import type { Received } from "./receiver.ts";

let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
/** Header values are templates, where two of these begin a placeholder. */
const SIGNS_OF_HEADERS = SIGNS.replace("{", "");
/** Characters that a header's name may contain. */
const SIGNS_OF_NAMES = "!#$%&'*+-.^_`|~";

/** Signs in an order that repeats nowhere, the same each time (a linear congruential generator). */
function signs(length: number, seed: number, alphabet = SIGNS): string {
  let state = seed;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return alphabet.charAt(Math.floor((state / 2 ** 32) * alphabet.length));
  }).join("");
}

/** A webhook with a credential: the secrets it is made of. */
interface Seeded {
  readonly name: string;
  readonly header: string;
  readonly clientSecret: string;
  readonly token: string;
}

const SIZES: readonly (readonly [header: number, clientSecret: number, token: number])[] = [
  [200, 200, 200],
  [3671, 3671, 3671],
  [4096, 20_000, 60_000],
];
const SEEDED: readonly Seeded[] = SIZES.map(([header, clientSecret, token], index) => ({
  name: `signs-${String(token)}`,
  header: signs(header, index + 1, SIGNS_OF_HEADERS),
  clientSecret: signs(clientSecret, index + 10),
  token: signs(token, index + 20),
}));
/** One whose secret can be part of a header's name. */
const NAMED: Seeded = {
  name: "named",
  header: signs(120, 31, SIGNS_OF_NAMES),
  clientSecret: signs(300, 32),
  token: signs(200, 33),
};

/** What a careless receiver answers: all that it got, in many spellings. */
function echo({ headers, body, path }: Received): { status: number; headers: Record<string, string>; body: string } {
  const secrets = [String(headers["x-api-key"]), String(headers.authorization)];
  const spellings = secrets.flatMap((text) => [
    text,
    encodeURIComponent(text),
    Buffer.from(text).toString("base64"),
    Buffer.from(text).toString("hex"),
    text.replace(/[&<>"']/g, (sign) => `&#x${sign.charCodeAt(0).toString(16)};`),
  ]);
  const isName = /^[!#$%&'*+.^_`|~-]+$/.test(secrets[0] ?? "");
  return {
    status: path.includes("failing") ? 400 : 200,
    headers: {
      "content-type": "application/json",
      "x-echo": (secrets[1] ?? "").slice(0, 3_000),
      ...(isName ? { [`x-${secrets[0] ?? ""}`]: "1" } : {}),
    },
    body: JSON.stringify({ headers, body, spellings }),
  };
}

const PIECE = 12;
/** Every run of 12 characters of a secret, unescaped and as JSON writes it. */
function piecesOf(secret: string): Set<string> {
  const pieces = new Set<string>();
  for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
    for (let at = 0; at + PIECE <= form.length; at += 1) pieces.add(form.slice(at, at + PIECE));
  return pieces;
}

function firstPieceIn(text: string, pieces: ReadonlySet<string>): string | undefined {
  for (let at = 0; at + PIECE <= text.length; at += 1) {
    const piece = text.slice(at, at + PIECE);
    if (pieces.has(piece)) return piece;
  }
  return undefined;
}

test("secrets of 200 characters to 60 KB: each event sent once, no process ends, no long log line, no piece of a secret anywhere", async () => {
  const { port } = app.receiver;
  const all = [...SEEDED, NAMED];
  const pid = app.stack.processes.host.pid();
  let asked = 0;
  app.receiver.answers((request) => {
    const seeded = all.find(({ name }) => request.path.endsWith(`/${name}`));
    if (!request.path.startsWith("/token/")) return echo(request);
    asked += 1;
    // It lives so short that it is renewed in the background while events come.
    const answer = { access_token: seeded?.token, expires_in: seeded?.name === NAMED.name ? 4 : 3600 };
    return { status: 200, body: JSON.stringify(answer) };
  });
  for (const { name, header, clientSecret } of all) {
    const credentialId = await app.create("credentials", {
      name,
      url: `https://localhost:${String(port)}/token/${name}`,
      body: [{ key: "client_secret", value: clientSecret }],
    });
    await app.create("webhooks", {
      name,
      url: `https://localhost:${String(port)}/in/${name}`,
      credentialId,
      headers: [{ key: "X-Api-Key", value: header }],
      body: "{{event.id}}",
    });
  }
  const received = () => app.receiver.requests.filter(({ path }) => path.startsWith("/in/"));
  const events: string[] = [];
  const publish = async (): Promise<void> => {
    const id = `evt-signs-${String(events.length + 1)}`;
    events.push(id);
    await app.publish("acme", event(id));
    await app.receiver.until(() => received().length >= events.length * all.length);
  };
  await publish();
  // Until the short token was requested twice more: at least once by a background renewal.
  while (asked < all.length + 2) await publish();

  for (const id of events) {
    await app.eventually(
      `deliveries?eventId=${id}`,
      ({ json }) => (json.text.match(/"state":"delivered"/g) ?? []).length === all.length,
    );
  }
  for (const { name, header, token } of all) {
    const requests = received().filter(({ path }) => path.endsWith(`/${name}`));
    expect(requests.map(({ body }) => body).toSorted()).toEqual(events.toSorted());
    for (const { headers } of requests) {
      expect(headers["x-api-key"] === header).toBe(true);
      expect(headers.authorization === `Bearer ${token}`).toBe(true);
    }
  }
  expect(app.stack.processes.host.pid()).toBe(pid);

  const pieces = new Set(
    all.flatMap(({ header, clientSecret, token }) =>
      [header, clientSecret, token].flatMap((text) => [...piecesOf(text)]),
    ),
  );
  const lines = (["host", "serviceBus", "tables", "partner"] as const).flatMap((part) =>
    app.stack.logs(part).split("\n"),
  );
  expect(lines.filter((line) => line.includes("delivery.attempted"))).toHaveLength(events.length * all.length);
  expect(lines.filter((line) => /given_back|Worker |ended \(|not_shown|recorded_less/.test(line))).toEqual([]);
  for (const line of lines) {
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(8_192);
    expect(firstPieceIn(line, pieces)).toBeUndefined();
  }

  const { json } = await app.api("GET", `deliveries?eventId=${String(events[0])}`);
  for (let index = 0; index < all.length; index += 1) {
    const delivery = await app.api("GET", `deliveries/${String(json.at("items", index, "id"))}`);
    expect(delivery.json.at("attempts", 0, "request", "body")).toBe(events[0]);
    expect(delivery.json.text).toContain("•••");
    expect(firstPieceIn(delivery.json.text, pieces)).toBeUndefined();
    for (const written of delivery.json.text.match(/[\w+/=-]{40,}/g) ?? []) {
      for (const encoding of ["base64", "hex"] as const)
        expect(firstPieceIn(Buffer.from(written, encoding).toString(), pieces)).toBeUndefined();
    }
  }
}, 240_000);
