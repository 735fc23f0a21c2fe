import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, mkdtempSync } from "node:fs";
import { createServer as createPlainServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, getCACertificates, setDefaultCACertificates } from "node:tls";
import type { Server, TLSSocket } from "node:tls";
import { ensureCa, issueCertificate } from "../../../local/ca/ca.ts";
import type { ServerCertificate } from "../../../local/ca/ca.ts";
import type { OutboundReply } from "../../../shared/core/ports/outbound.ts";
import { CONTINUE, ODD_ANSWERS, OK } from "../../support/odd-answers.ts";
import type { OddAnswer } from "../../support/odd-answers.ts";
import { openOutbound } from "../../../shared/outbound/send.ts";
import type { Outbound } from "../../../shared/outbound/send.ts";

/** What a server does once a request has arrived whole. */
type Script = (socket: TLSSocket) => void;

let server: Server;
let outbound: Outbound;
let url: string;
let files: ServerCertificate;
let script: Script = () => undefined;
/** What it does when a request has begun to arrive. */
let atOnce: Script = () => undefined;
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
      if (seen === "") atOnce(socket);
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
  atOnce = () => undefined;
});

function post(timeoutMs = 5_000, before = ""): Promise<OutboundReply> {
  const body = `${before}body`;
  return outbound.send({ method: "POST", url, headers: [], body, timeoutMs, maxBytes: 65_536 });
}

function play({ pieces, then }: OddAnswer): Script {
  return (socket) => {
    const [piece, ...rest] = pieces;
    if (piece !== undefined) {
      socket.write(piece, "latin1", () => setImmediate(play({ pieces: rest, then }), socket));
    } else if (then === "end") socket.end();
    else if (then === "reset") socket.destroy();
  };
}

const say = (text: string): Script => play({ pieces: [text], then: "keep" });
const sayAndEnd = (text: string): Script => play({ pieces: [text], then: "end" });

test.each(ODD_ANSWERS)("%s: the status counts", async (_name, answer, expected) => {
  script = play(answer);
  expect(await post()).toMatchObject({ kind: "answered", ...expected });
  expect(requests).toBe(1);
  // Whatever was received, the next call starts clean.
  script = say(OK);
  expect(await post()).toMatchObject({ kind: "answered", status: 200, body: "ok", truncated: false });
  expect(requests).toBe(2);
});

test.each([
  ["100 Continue", CONTINUE],
  ["100 Continue twice", CONTINUE + CONTINUE],
  ["100 Continue with headers", "HTTP/1.1 100 Continue\r\nServer: IIS\r\n\r\n"],
])("%s before the body has arrived is passed over, the body arrives whole", async (_name, interim) => {
  atOnce = (socket) => socket.write(interim);
  script = say(OK);
  expect(await post(5_000, `${"x".repeat(1_000_000)}\r\n\r\n`)).toMatchObject({ status: 200, body: "ok" });
  expect(requests).toBe(1);
});

test("an answer that comes before the body has arrived counts by its status", async () => {
  atOnce = play({ pieces: ["HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"], then: "end" });
  expect(await post(5_000, `${"x".repeat(1_000_000)}\r\n\r\n`)).toMatchObject({ kind: "answered", status: 413 });
});

test("headers after a repaired part are all there", async () => {
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

test("an answer without an end counts when the time is up", async () => {
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

test.each(faults)("%s: a readable fault", async (_name, make, expected) => {
  script = make();
  const reply = await post();
  expect(reply.kind === "failed" ? `${reply.fault.kind}: ${reply.fault.message}` : reply).toMatch(expected);
  expect(requests).toBe(1);
});

test.each(["-tls1_3", "-tls1_2"])(
  "a receiver that requires a client certificate is reported as such (%s)",
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
