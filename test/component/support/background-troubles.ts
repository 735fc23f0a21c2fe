/**
 * Runs in a process of its own: everything that works in the background, each failing in every way there is, with a trap for what nobody takes.
 * Prints one JSON line: what came out, what was logged, what fell into the trap.
 */
import type { Credential } from "../../../shared/core/configuration/credential.ts";
import type { OutboundReply } from "../../../shared/core/ports/outbound.ts";
import { Secret } from "../../../shared/core/secret.ts";
import { sharedRead } from "../../../shared/lib/shared-read.ts";
import { ttlCache } from "../../../shared/lib/ttl-cache.ts";
import { withinLimit } from "../../../shared/lib/time-limit.ts";
import { tokenCache } from "../../../shared/oauth/token-cache.ts";
import { batchWriter } from "../../../shared/tables/transactions/batch-writer.ts";

const SECRET = `s3cr3t${"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".repeat(115)}`;
const SCOPE = { client: "acme", program: "rewards", environment: "uat" };
const AT = new Date("2026-11-23T10:00:00.000Z");

const trapped: string[] = [];
const logged: string[] = [];
for (const event of ["unhandledRejection", "uncaughtException"]) {
  process.on(event, (thrown: unknown) => trapped.push(`${event} ${String(thrown)}`));
}

const credential: Credential = {
  id: "cr_a",
  name: "a",
  description: "",
  method: "POST",
  url: "https://auth.test/oauth/token",
  contentType: "application/x-www-form-urlencoded",
  headers: [],
  body: [{ key: "client_secret", value: new Secret(SECRET), secret: true }],
  token: { path: "access_token", expiresInPath: "expires_in", typePath: "token_type" },
  placement: { header: "Authorization", prefix: "Bearer " },
  createdAt: AT,
  updatedAt: AT,
  version: "1",
};

const answered = (body: string, status = 200): Promise<OutboundReply> =>
  Promise.resolve({ kind: "answered", status, headers: [], body, truncated: false, timings: {} });
const token = (text: string): Promise<OutboundReply> =>
  answered(JSON.stringify({ access_token: text, expires_in: 600 }));
// What a program without types, or a broken library, could do.
const untyped = (value: unknown): Promise<OutboundReply> =>
  Reflect.apply(Promise.resolve.bind(Promise), undefined, [value]) as Promise<OutboundReply>;
const untypedRejection = (value: unknown): Promise<never> =>
  Reflect.apply<undefined, unknown[], Promise<never>>(Promise.reject.bind(Promise), undefined, [value]);
const unreadable = (): unknown =>
  new Proxy(new Error(SECRET), {
    get: () => {
      throw new Error(SECRET);
    },
  });

/** What the token endpoint, and what calls it, may do to a refresh. */
const troubles: Readonly<Record<string, () => Promise<OutboundReply>>> = {
  "rejects with an error": () => Promise.reject(new Error(SECRET)),
  "throws at once": () => {
    throw new TypeError(SECRET);
  },
  "rejects with nothing": () => untypedRejection(undefined),
  "rejects with what cannot be read": () => untypedRejection(unreadable()),
  "gives nothing": () => untyped(undefined),
  "gives what cannot be read": () => untyped(unreadable()),
  "answers without JSON": () => answered(SECRET),
  "answers with an error of the secret": () =>
    answered(JSON.stringify({ error: SECRET, error_description: SECRET }), 400),
  "answers with a token of signs": () => token(SECRET),
  "answers with a token that is none": () => token(`${SECRET}\n${SECRET}`),
  "answers nested lists": () => answered("[".repeat(65_000)),
  fails: () =>
    Promise.resolve({
      kind: "failed",
      fault: { kind: "connect", message: `No connection for ${SECRET}.` },
      timings: {},
    }),
};

const outcomes: Record<string, string> = {};

for (const [name, trouble] of Object.entries(troubles)) {
  let now = AT;
  let reply = (): Promise<OutboundReply> => token("first");
  const source = tokenCache({
    credentials: { get: () => Promise.resolve(credential) },
    send: () => reply(),
    clock: () => now,
    random: () => 0.5,
    userAgent: "x",
    log: (level, event, fields) => logged.push(JSON.stringify({ level, event, ...fields })),
  });
  await source.get(SCOPE, "cr_a", 1_000);
  now = new Date(AT.getTime() + 570_000);
  reply = trouble;
  const inTime = await source.get(SCOPE, "cr_a", 1_000);
  await settled();
  now = new Date(AT.getTime() + 700_000);
  const afterwards = await source.get(SCOPE, "cr_a", 1_000);
  outcomes[name] =
    `${inTime.kind === "token" ? inTime.value : "none"}, ${afterwards.kind === "token" ? "another token" : afterwards.fault.message}`;
}

const fails = (): Promise<never> => Promise.reject(new Error(SECRET));
const failing = sharedRead(fails);
const cached = ttlCache<never>({ clock: () => AT, ttlMs: 1, max: 1 });
const write = batchWriter(() => {
  throw new Error(SECRET);
});
const ends = await Promise.allSettled([
  failing(),
  failing(),
  failing(),
  cached("a", fails),
  cached("a", fails),
  write("t", "p", [{ kind: "insert", row: "r", properties: {} }]),
  withinLimit(1, () => new Promise((_resolve, reject) => setTimeout(reject, 20, new Error(SECRET)))),
]);
outcomes["others"] = ends.map(({ status }) => status).join(" ");
await new Promise((resolve) => setTimeout(resolve, 40));
await settled();

console.log(JSON.stringify({ outcomes, logged, trapped }));

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}
