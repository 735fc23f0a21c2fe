import type { Resolve } from "../../../shared/outbound/guard.ts";
import { openOutbound } from "../../../shared/outbound/send.ts";

test("callers see the refused name, operators the address that it resolved to", async () => {
  const resolve: Resolve = (name, done) => {
    if (name === "inner.test") done(null, [{ address: "10.0.0.1", family: 4 }]);
    else done(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }), []);
  };
  const told: string[] = [];
  const way = openOutbound({ allow: [], resolve, onRefused: (name, address) => told.push(`${name} ${address}`) });
  const call = { method: "POST", headers: [], body: "", timeoutMs: 2_000, maxBytes: 10 } as const;
  const refused = await way.send({ ...call, url: "https://inner.test/" });
  const unknown = await way.send({ ...call, url: "https://unknown.test/" });
  await way.close();
  expect([refused, unknown]).toMatchObject([{ fault: { kind: "address-refused" } }, { fault: { kind: "dns" } }]);
  expect(JSON.stringify(refused)).toContain("inner.test");
  expect(JSON.stringify(refused)).not.toContain("10.0.0.1");
  expect(told).toEqual(["inner.test 10.0.0.1"]);
});
