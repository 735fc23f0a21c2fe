import type { OutboundReply } from "../../../shared/core/ports/outbound.ts";
import { askedOnce } from "../../../shared/outbound/guard.ts";
import { openOutbound } from "../../../shared/outbound/send.ts";
import { startTlsServer } from "../support/tls-server.ts";

test("a hundred requests that hang do not keep another from the same host", async () => {
  const server = await startTlsServer();
  const way = openOutbound({ allow: [server.place] });
  const held: (() => void)[] = [];
  server.answer = ({ url }, response) => {
    if (url === "/hung") held.push(() => response.end());
    else response.end("ok");
  };
  const ask = (path: string): Promise<OutboundReply> =>
    way.send({
      method: "POST",
      url: `${server.url}${path}`,
      headers: [],
      body: "",
      timeoutMs: 30_000,
      maxBytes: 100,
    });
  const hung = Array.from({ length: 100 }, () => ask("/hung"));
  expect(await ask("/good")).toMatchObject({ kind: "answered", status: 200 });
  while (held.length < 100) await new Promise((next) => setImmediate(next));
  expect(await ask("/good")).toMatchObject({ kind: "answered", status: 200 });
  for (const answer of held) answer();
  await Promise.all(hung);
  await way.close();
  await server.close();
});

test("a name is resolved once at a time, however many need it, and each gets the answer", () => {
  const pending: (() => void)[] = [];
  const asked: string[] = [];
  const lookup = askedOnce((name, done) => {
    asked.push(name);
    pending.push(() => {
      done(null, [{ address: "93.184.215.14", family: 4 }]);
    });
  });
  const answers: string[] = [];
  const want = (name: string): void => {
    lookup(name, (_error, addresses) => answers.push(`${name} ${String(addresses[0]?.address)}`));
  };
  for (let request = 0; request < 16; request += 1) want("silent.test");
  want("other.test");
  expect(asked).toEqual(["silent.test", "other.test"]);
  pending[1]?.();
  expect(answers).toEqual(["other.test 93.184.215.14"]);
  pending[0]?.();
  expect(answers).toHaveLength(17);
  want("silent.test");
  expect(asked).toHaveLength(3);
});
