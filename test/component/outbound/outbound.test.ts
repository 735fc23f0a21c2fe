import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import type { OutboundReply, OutboundRequest } from "../../../shared/core/ports/outbound.ts";
import { guardedLookup } from "../../../shared/outbound/guard.ts";
import type { Resolve } from "../../../shared/outbound/guard.ts";
import { CONNECTIONS, openOutbound } from "../../../shared/outbound/send.ts";
import type { Outbound } from "../../../shared/outbound/send.ts";
import { startTlsServer } from "../support/tls-server.ts";
import type { TlsServer } from "../support/tls-server.ts";

const NAMES: Readonly<Record<string, readonly string[]>> = {
  "receiver.test": ["127.0.0.1"],
  "mixed.test": ["93.184.215.14", "10.0.0.1"],
  "mapped.test": ["::ffff:127.0.0.1"],
  "public.test": ["93.184.215.14", "2606:4700:4700::1111"],
};

const resolve: Resolve = (name, done) => {
  const addresses = name === "localhost" ? ["127.0.0.1"] : NAMES[name];
  if (!addresses) {
    done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: "ENOTFOUND" }), []);
    return;
  }
  done(
    null,
    addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
  );
};

let server: TlsServer;
let outbound: Outbound;
let raw: Server;
let rawPort = 0;
const rawSockets = new Set<Socket>();
let onRaw: (socket: Socket) => void = () => undefined;

beforeAll(async () => {
  server = await startTlsServer();
  raw = createServer((socket) => {
    rawSockets.add(socket);
    socket.on("error", () => undefined);
    onRaw(socket);
  });
  await new Promise<void>((done) => raw.listen(0, "127.0.0.1", done));
  const address = raw.address();
  rawPort = typeof address === "object" && address ? address.port : 0;
  outbound = openOutbound({ allow: [server.place, `localhost:${String(rawPort)}`, "localhost:1"], resolve });
});

afterAll(async () => {
  await outbound.close();
  for (const socket of rawSockets) socket.destroy();
  await Promise.all([server.close(), new Promise((done) => raw.close(done))]);
});

beforeEach(() => {
  server.seen.length = 0;
  server.answer = (_request, response) => response.end("ok");
});

function send(more: Partial<OutboundRequest> = {}): Promise<OutboundReply> {
  return outbound.send({
    method: "POST",
    url: `${server.url}/hook?x=1`,
    headers: [],
    body: "",
    timeoutMs: 5_000,
    maxBytes: 65_536,
    ...more,
  });
}

async function fault(more: Partial<OutboundRequest>): Promise<string> {
  const reply = await send(more);
  return reply.kind === "failed" ? `${reply.fault.kind}: ${reply.fault.message}` : `answered ${String(reply.status)}`;
}

test("a request arrives as given, with its length and no encoding asked for", async () => {
  const reply = await send({
    headers: [
      ["X-A", "1"],
      ["content-type", "text/plain; charset=utf-8"],
    ],
    body: "Zoë €",
  });
  expect(reply).toMatchObject({ kind: "answered", status: 200, body: "ok", truncated: false });
  expect(server.seen[0]).toMatchObject({
    method: "POST",
    url: "/hook?x=1",
    body: "Zoë €",
    headers: { "x-a": "1", "content-length": "8" },
  });
  expect(server.seen[0]?.headers["accept-encoding"]).toBeUndefined();
  expect(reply.timings.firstByteMs).toBeGreaterThanOrEqual(reply.timings.connectMs ?? Infinity);
});

test("a GET has no body", async () => {
  await send({ method: "GET", body: "" });
  expect(server.seen[0]).toMatchObject({ method: "GET", body: "" });
});

test("redirects are not followed", async () => {
  server.answer = (_request, response) => response.writeHead(302, { location: `${server.url}/elsewhere` }).end();
  expect(await send()).toMatchObject({ kind: "answered", status: 302 });
  expect(server.seen).toHaveLength(1);
});

test("a receiver that never answers is a timeout", async () => {
  server.answer = () => undefined;
  expect(await fault({ timeoutMs: 300 })).toBe("timeout: The receiver did not answer within 0.3 s.");
});

test("a body that only drips ends with the time, though every wait for a byte is short; the received status counts", async () => {
  let drip: NodeJS.Timeout | undefined;
  server.answer = (_request, response) => {
    response.writeHead(200);
    drip = setInterval(() => response.write("."), 20);
  };
  const reply = await send({ timeoutMs: 400 });
  clearInterval(drip);
  expect(reply).toMatchObject({ kind: "answered", status: 200, truncated: true });
});

test("a host that accepts but never speaks TLS is a timeout within the call's time", async () => {
  onRaw = () => undefined;
  expect(await fault({ url: `https://localhost:${String(rawPort)}/`, timeoutMs: 300 })).toMatch(/^timeout: /);
});

test("a host that does not speak TLS is a TLS fault", async () => {
  onRaw = (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
  expect(await fault({ url: `https://localhost:${String(rawPort)}/` })).toMatch(/^tls: .*does not speak TLS/);
});

test("a connection that is reset before the answer is a connect fault", async () => {
  server.answer = (_request, _response, socket) => socket.destroy();
  expect(await fault({})).toMatch(/^connect: The connection to localhost:\d+ broke before an answer came/);
});

test("a connection that breaks in the middle of the answer leaves the status and the part of the body that was received", async () => {
  server.answer = (_request, response, socket) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write("half", () => socket.destroy());
  };
  expect(await send()).toMatchObject({ kind: "answered", status: 200, body: "half", truncated: true });
});

test("an answer that is not HTTP is a connect fault", async () => {
  server.answer = (_request, _response, socket) => socket.end("SMTP ready\r\n\r\n");
  expect(await fault({})).toMatch(/^connect: The answer of localhost:\d+ is not valid HTTP/);
});

test("a closed port is a connect fault", async () => {
  expect(await fault({ url: "https://localhost:1/" })).toBe("connect: localhost:1 refuses connections.");
});

test("a name without an address is a DNS fault", async () => {
  expect(await fault({ url: "https://nowhere.test/" })).toBe(
    "dns: The host name of nowhere.test does not exist (ENOTFOUND).",
  );
});

test("a certificate for another name is a TLS fault that says so", async () => {
  const other = await startTlsServer(["other.test"]);
  const way = openOutbound({ allow: [other.place], resolve });
  const reply = await way.send({
    method: "POST",
    url: other.url,
    headers: [],
    body: "",
    timeoutMs: 2_000,
    maxBytes: 10,
  });
  expect(reply).toMatchObject({ kind: "failed", fault: { kind: "tls" } });
  expect(JSON.stringify(reply)).toContain("another host name");
  await way.close();
  await other.close();
});

test("only 64 KB of an endless answer are read, and the call succeeds", async () => {
  server.answer = (_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write("x".repeat(16_384)));
      response.once("drain", more);
    };
    more();
  };
  const reply = await send();
  expect(reply).toMatchObject({ kind: "answered", status: 200, truncated: true });
  expect(reply.kind === "answered" && reply.body.length).toBe(65_536);
});

test("an answer of exactly 64 KB is whole", async () => {
  server.answer = (_request, response) => response.end("x".repeat(65_536));
  expect(await send()).toMatchObject({ truncated: false });
});

test("a small answer that unpacks to 100 MB is cut at 64 KB", async () => {
  const bomb = gzipSync(Buffer.alloc(30_000_000));
  server.answer = (_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
  const reply = await send();
  expect(reply).toMatchObject({ kind: "answered", status: 200, truncated: true });
  expect(reply.kind === "answered" && reply.body.length).toBeLessThanOrEqual(65_536);
});

test.each([
  ["gzip", gzipSync("grüezi")],
  ["br", brotliCompressSync("grüezi")],
  ["deflate", deflateSync("grüezi")],
  ["identity", Buffer.from("grüezi")],
])("an answer in the encoding %s is read", async (encoding, body) => {
  server.answer = (_request, response) => response.writeHead(200, { "content-encoding": encoding }).end(body);
  expect(await send()).toMatchObject({ body: "grüezi", truncated: false });
});

test.each(["gzip", "br", "deflate", "something"])(
  "an answer that lies about being %s does not fail the call",
  async (encoding) => {
    server.answer = (_request, response) => response.writeHead(200, { "content-encoding": encoding }).end("plain text");
    expect(await send()).toMatchObject({ kind: "answered", status: 200 });
  },
);

test("an answer in another charset is read as such", async () => {
  server.answer = (_request, response) =>
    response.writeHead(200, { "content-type": "text/xml; charset=ISO-8859-1" }).end(Buffer.from([0xe9]));
  expect(await send()).toMatchObject({ body: "é" });
});

test.each([
  ["https://127.0.0.1:PORT/", "The host of the URL is"],
  ["https://0x7f000001:PORT/", "The host of the URL is"],
  ["https://2130706433:PORT/", "The host of the URL is"],
  ["https://[::1]:PORT/", "The host of the URL is"],
  ["https://[::ffff:127.0.0.1]:PORT/", "The host of the URL is"],
  ["https://[2a00:1450::5efe:a00:1]:PORT/", "The host of the URL is"],
  ["https://169.254.169.254/latest/meta-data", "The host of the URL is"],
  ["https://168.63.129.16/", "The host of the URL is"],
  ["https://receiver.test:PORT/", "The name receiver.test leads to"],
  ["https://mixed.test:PORT/", "The name mixed.test leads to"],
  ["https://mapped.test:PORT/", "The name mapped.test leads to"],
])("%s is refused before any connection, without naming the address", async (url, which) => {
  const expected = `address-refused: ${which} an address that is not public; webhooks may only call public addresses.`;
  expect(await fault({ url: url.replace("PORT", String(server.port)) })).toBe(expected);
  expect(server.seen).toHaveLength(0);
});

test("a name is exempt by exact host and port only", async () => {
  const way = openOutbound({ allow: [`receiver.test:${String(server.port)}`], resolve });
  const call = { method: "POST", headers: [], body: "", timeoutMs: 2_000, maxBytes: 10 } as const;
  expect(await way.send({ ...call, url: `https://receiver.test:${String(server.port)}/` })).toMatchObject({
    status: 200,
  });
  expect(await way.send({ ...call, url: `https://RECEIVER.test:${String(server.port)}/` })).toMatchObject({
    status: 200,
  });
  expect(await way.send({ ...call, url: "https://receiver.test/" })).toMatchObject({
    fault: { kind: "address-refused" },
  });
  expect(await way.send({ ...call, url: server.url })).toMatchObject({ fault: { kind: "address-refused" } });
  await way.close();
});

test("a name that changes to a private address after the first call is refused then", async () => {
  let turned = false;
  const flip: Resolve = (_name, done) => {
    done(null, [{ address: turned ? "127.0.0.1" : "93.184.215.14", family: 4 }]);
  };
  const lookup = guardedLookup({ allow: [], resolve: flip });
  const ask = (): Promise<unknown> =>
    new Promise((done) => {
      lookup("flip.test", { all: true }, (error, found) => {
        done(error ?? found);
      });
    });
  expect(await ask()).toEqual([{ address: "93.184.215.14", family: 4 }]);
  turned = true;
  expect(await ask()).toMatchObject({ name: "AddressRefusedError" });
});

test("both forms of lookup are served, and a family is respected", async () => {
  const lookup = guardedLookup({ allow: [], resolve });
  const ask = (options: object): Promise<unknown[]> =>
    new Promise((done) => {
      lookup("public.test", options, (error, address, family) => {
        done([error, address, family]);
      });
    });
  expect(await ask({ all: true })).toEqual([
    null,
    [
      { address: "93.184.215.14", family: 4 },
      { address: "2606:4700:4700::1111", family: 6 },
    ],
    undefined,
  ]);
  expect(await ask({})).toEqual([null, "93.184.215.14", 4]);
  expect(await ask({ family: 6 })).toEqual([null, "2606:4700:4700::1111", 6]);
});

test.each(["http://localhost/", "ftp://localhost/", "not a url", "https://"])(
  "%p is not a URL to call",
  async (url) => {
    expect(await fault({ url })).toBe("template: The URL is not a valid https: URL.");
  },
);

test("a header that HTTP forbids is a template fault, not a throw", async () => {
  expect(await fault({ headers: [["x-a", "a\r\nx-b: c"]] })).toMatch(/^template: The request cannot be sent/);
});

test("a call that times out while it waits for a connection is never sent", async () => {
  // Its own pool, so that every connection is new.
  const way = openOutbound({ allow: [server.place], resolve });
  const call = { method: "POST", url: server.url, headers: [], body: "", maxBytes: 10 } as const;
  const waiting: (() => void)[] = [];
  const allBusy = new Promise<void>((busy) => {
    server.answer = (_request, response) => {
      waiting.push(() => response.end("late"));
      if (waiting.length === CONNECTIONS) busy();
    };
  });
  const first = Promise.all(Array.from({ length: CONNECTIONS }, () => way.send({ ...call, timeoutMs: 30_000 })));
  await Promise.race([allBusy, first]);
  const late = await way.send({ ...call, timeoutMs: 100, headers: [["x-late", "1"]] });
  expect(late).toMatchObject({ kind: "failed", fault: { kind: "timeout" } });
  for (const answer of waiting) answer();
  expect(new Set((await first).map(({ kind }) => kind))).toEqual(new Set(["answered"]));
  server.answer = (_request, response) => response.end("ok");
  await way.send({ ...call, timeoutMs: 5_000 });
  expect(server.seen.some(({ headers }) => headers["x-late"] === "1")).toBe(false);
  await way.close();
});
