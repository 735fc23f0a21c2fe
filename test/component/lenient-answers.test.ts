import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, mkdtempSync } from "node:fs";
import { createServer as createPlainServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, getCACertificates, setDefaultCACertificates } from "node:tls";
import type { Server, TLSSocket } from "node:tls";
import { ensureCa, issueCertificate } from "../../local/ca/ca.ts";
import type { ServerCertificate } from "../../local/ca/ca.ts";
import type { OutboundReply } from "../../shared/core/delivery-ports.ts";
import { openOutbound } from "../../shared/outbound/send.ts";
import type { Outbound } from "../../shared/outbound/send.ts";

/** What a server does once a request has arrived whole. */
type Script = (socket: TLSSocket) => void;

let server: Server;
let outbound: Outbound;
let url: string;
let files: ServerCertificate;
let script: Script = () => undefined;
let requests = 0;
const sockets = new Set<TLSSocket>();

beforeAll(async () => {
  const dir = mkdtempSync(join(tmpdir(), "kls-tls-"));
  const { ca } = await ensureCa(dir);
  files = await issueCertificate(dir, ["localhost"]);
  const { cert, key } = files;
  setDefaultCACertificates([...getCACertificates("default"), readFileSync(ca, "utf8")]);
  server = createServer({ cert, key }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    let seen = "";
    socket.on("data", (chunk: Buffer) => {
      seen += chunk.toString("latin1");
      if (!seen.endsWith("\r\n\r\nbody")) return;
      seen = "";
      requests += 1;
      script(socket);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  url = `https://localhost:${String(port)}/hook`;
  outbound = openOutbound({ allow: [`localhost:${String(port)}`] });
});

afterAll(async () => {
  await outbound.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((done) => server.close(done));
});

beforeEach(() => {
  requests = 0;
});

function post(timeoutMs = 5_000): Promise<OutboundReply> {
  return outbound.send({ method: "POST", url, headers: [], body: "body", timeoutMs, maxBytes: 65_536 });
}

/** Writes the pieces one after the other, each in a segment of its own. */
function piecewise(...pieces: (string | Buffer)[]): Script {
  return (socket) => {
    const next = (): void => {
      const piece = pieces.shift();
      if (piece !== undefined) socket.write(piece, "latin1", () => setImmediate(next));
    };
    next();
  };
}

const say =
  (text: string): Script =>
  (socket) =>
    socket.write(text, "latin1");
const sayAndEnd =
  (text: string): Script =>
  (socket) =>
    socket.end(text, "latin1");
const sayAndReset =
  (text: string): Script =>
  (socket) =>
    socket.write(text, "latin1", () => setImmediate(() => socket.destroy()));

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
const fine = { status: 200, body: "ok", truncated: false };
const LINE = `X-Filler: ${"f".repeat(1_014)}\r\n`;

const answers: [string, () => Script, Partial<Extract<OutboundReply, { kind: "answered" }>>][] = [
  ["100 Continue, then 200", () => say(CONTINUE + OK), fine],
  ["100 Continue twice, then 200", () => say(CONTINUE + CONTINUE + OK), fine],
  ["100 Continue in a piece of its own", () => piecewise(CONTINUE, OK), fine],
  ["100 Continue with headers", () => say(`HTTP/1.1 100 Continue\r\nServer: IIS\r\nDate: now\r\n\r\n${OK}`), fine],
  ["100 Continue with bare line feeds", () => say(`HTTP/1.1 100 Continue\n\n${OK}`), fine],
  ["100 without a reason", () => say(`HTTP/1.1 100\r\n\r\n${OK}`), fine],
  [
    "102 and 103, then 200",
    () => say(`HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n${OK}`),
    fine,
  ],
  [
    "100 Continue, then 400",
    () => say(`${CONTINUE}HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nbad`),
    { status: 400, body: "bad" },
  ],
  [
    "100 Continue, then 500",
    () => say(`${CONTINUE}HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n`),
    { status: 500, body: "" },
  ],
  [
    "101, then 200",
    () => say(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n${OK}`),
    fine,
  ],
  [
    "101 and nothing else",
    () => sayAndEnd("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"),
    { status: 101 },
  ],
  [
    "101, then what is not HTTP",
    () => sayAndEnd("HTTP/1.1 101 Switching Protocols\r\n\r\n\x00\x01binary"),
    { status: 101 },
  ],
  ["byte by byte", () => piecewise(...(CONTINUE + OK).split("")), fine],
  [
    "204 with a length and a body",
    () => say("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok"),
    { status: 204, body: "", truncated: false },
  ],
  [
    "204 with a length and no body",
    () => say("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n"),
    { status: 204, truncated: false },
  ],
  [
    "204 with Transfer-Encoding",
    () => say("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    { status: 204, truncated: false },
  ],
  [
    "a body cut off by the end",
    () => sayAndEnd("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
    { status: 200, body: "half", truncated: true },
  ],
  [
    "a body cut off by a reset",
    () => sayAndReset("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
    { status: 200, truncated: true },
  ],
  ["a head cut off by the end", () => sayAndEnd("HTTP/1.1 200 OK\r\nContent-Le"), { status: 200, truncated: true }],
  ["a head cut off by a reset", () => sayAndReset("HTTP/1.1 410 Gone\r\nContent-Le"), { status: 410, truncated: true }],
  ["a body that is longer than said", () => say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more"), fine],
  [
    "chunks without an end",
    () => sayAndEnd("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"),
    { status: 200, body: "ok", truncated: true },
  ],
  [
    "chunks that are none",
    () => say("HTTP/1.1 410 Gone\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n"),
    { status: 410, truncated: true },
  ],
  ["two equal lengths", () => say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"), fine],
  ["equal lengths in one line", () => say("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok"), fine],
  [
    "two lengths that differ",
    () => sayAndEnd("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"),
    { status: 200, body: "ok" },
  ],
  [
    "a length that is no number",
    () => sayAndEnd("HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok"),
    { status: 200, body: "ok" },
  ],
  [
    "a length and chunks",
    () => say("HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
    fine,
  ],
  [
    "an unknown transfer coding",
    () => sayAndEnd("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nok"),
    { status: 200, body: "ok" },
  ],
  [
    "a folded header",
    () => say("HTTP/1.1 200 OK\r\nX-Long: one\r\n  two\r\n\tthree\r\nContent-Length: 2\r\n\r\nok"),
    fine,
  ],
  ["40 KB of headers", () => say(`HTTP/1.1 200 OK\r\n${LINE.repeat(40)}Content-Length: 2\r\n\r\nok`), fine],
  ["100 KB of headers", () => sayAndEnd(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${LINE.repeat(100)}\r\nok`), fine],
  ["headers without end", () => sayAndEnd(`HTTP/1.1 200 OK\r\n${LINE.repeat(400)}`), { status: 200 }],
  [
    "one header of 40 KB",
    () => say(`HTTP/1.1 200 OK\r\nSet-Cookie: ${"c".repeat(40_000)}\r\nContent-Length: 2\r\n\r\nok`),
    fine,
  ],
  ["a space before the colon", () => say("HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok"), fine],
  ["a line that is no header", () => say("HTTP/1.1 200 OK\r\n<html>\r\nContent-Length: 2\r\n\r\nok"), fine],
  [
    "a header name with a space and a control character",
    () => say("HTTP/1.1 200 OK\r\nMy Header: 1\r\nX-A: \x01\x00b\r\nContent-Length: 2\r\n\r\nok"),
    fine,
  ],
  ["bare line feeds", () => say("HTTP/1.1 200 OK\nContent-Length: 2\n\nok"), fine],
  ["empty lines before", () => say(`\r\n\r\n${OK}`), fine],
  ["no reason and no space", () => say("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"), fine],
  ["HTTP/1.0 until the end", () => sayAndEnd("HTTP/1.0 200 OK\r\n\r\nok"), fine],
  ["a reason in Latin-1", () => say("HTTP/1.1 200 D\xe9j\xe0 re\xe7u\r\nContent-Length: 2\r\n\r\nok"), fine],
  [
    "a Retry-After after a folded line",
    () => say("HTTP/1.1 503 Busy\r\nX-A: b\r\n c\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n"),
    { status: 503 },
  ],
];

test.each(answers)("%s: the status counts", async (_name, make, expected) => {
  script = make();
  expect(await post()).toMatchObject({ kind: "answered", ...expected });
  expect(requests).toBe(1);
  // Whatever came, the next call is a clean one.
  script = say(OK);
  expect(await post()).toMatchObject({ kind: "answered", ...fine });
  expect(requests).toBe(2);
});

test("headers behind what was mended are all there", async () => {
  script = say(
    "HTTP/1.1 503 Busy\r\nX-A: b\r\n c\r\nRetry-After: 120\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
  );
  const reply = await post();
  const headers = reply.kind === "answered" ? reply.headers : [];
  expect(headers).toContainEqual({ key: "x-a", value: "b c" });
  expect(headers).toContainEqual({ key: "retry-after", value: "120" });
});

test("a clean answer keeps the connection, a contradictory one ends it", async () => {
  const used: TLSSocket[] = [];
  const answer =
    (text: string): Script =>
    (socket) => {
      used.push(socket);
      socket.write(text);
    };
  script = answer(OK);
  await post();
  expect(used[0]?.readyState).toBe("open");
  script = answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  await post();
  const [, contradictory] = used;
  if (contradictory?.closed === false) await once(contradictory, "close");
  expect(contradictory?.closed).toBe(true);
});

test("an answer without end counts when the time is up", async () => {
  script = say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n");
  expect(await post(300)).toMatchObject({ kind: "answered", status: 200, body: "ok", truncated: true });
});

const faults: [string, () => Script, RegExp][] = [
  ["nothing but interim answers", () => sayAndEnd(CONTINUE), /^connect: .* broke before an answer came/],
  ["interim answers without end", () => sayAndEnd(CONTINUE.repeat(200)), /^connect: /],
  ["what is not HTTP", () => sayAndEnd("SSH-2.0-OpenSSH_9.2\r\n"), /^connect: .* is not valid HTTP/],
  ["a status of two digits", () => sayAndEnd("HTTP/1.1 20 OK\r\n\r\n"), /^connect: .* is not valid HTTP/],
  ["half a status", () => sayAndEnd("HTTP/1.1 2"), /^connect: /],
];

test.each(faults)("%s: a fault in words", async (_name, make, expected) => {
  script = make();
  const reply = await post();
  expect(reply.kind === "failed" ? `${reply.fault.kind}: ${reply.fault.message}` : reply).toMatch(expected);
  expect(requests).toBe(1);
});

test.each(["-tls1_3", "-tls1_2"])(
  "a receiver that wants a client certificate is named as such (%s)",
  async (version) => {
    const receiver = await startCertificateWanting(version);
    const { port } = receiver;
    const own = openOutbound({ allow: [`localhost:${String(port)}`] });
    const reply = await own.send({
      method: "POST",
      url: `https://localhost:${String(port)}/`,
      headers: [],
      body: "body",
      timeoutMs: 5_000,
      maxBytes: 65_536,
    });
    const said = reply.kind === "failed" ? `${reply.fault.kind}: ${reply.fault.message}` : reply;
    expect(said).toMatch(/^tls: .*wants a client certificate/);
    await own.close();
    receiver.close();
  },
);

/** OpenSSL's own server, which insists on a client certificate as real receivers do; Node's ends the connection without a word. */
async function startCertificateWanting(version: string): Promise<{ port: number; close: () => void }> {
  const free = createPlainServer();
  await new Promise<void>((done) => free.listen(0, "127.0.0.1", done));
  const address = free.address();
  const taken = typeof address === "object" && address ? address.port : 0;
  await new Promise((done) => free.close(done));
  const args = ["-accept", `127.0.0.1:${String(taken)}`, "-cert", files.certPath, "-key", files.keyPath];
  const child = spawn("openssl", ["s_server", ...args, "-Verify", "1", "-verify_return_error", version], {
    stdio: "pipe",
  });
  for await (const line of child.stdout) if (String(line).includes("ACCEPT")) break;
  return { port: taken, close: () => child.kill() };
}
