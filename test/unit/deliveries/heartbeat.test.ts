import { Trouble } from "../../../shared/lib/errors.ts";
import type { Log } from "../../../shared/lib/log.ts";
import { heartbeat } from "../../../shared/delivery/heartbeat.ts";

/** A heartbeat of acme over a store that keeps what is written, or behaves as given. */
function beating(): {
  beat: () => Promise<void>;
  written: string[];
  logged: string[];
  pass: (ms: number) => void;
  does: (write: () => Promise<void>) => void;
} {
  let now = Date.parse("2026-11-23T10:00:00.000Z");
  let write = (): Promise<void> => Promise.resolve();
  const written: string[] = [];
  const logged: string[] = [];
  const log: Log = (level, event, fields) => logged.push(`${level} ${event} ${String(fields["why"])}`);
  const beat = heartbeat("acme", {
    clock: () => new Date(now),
    heartbeats: {
      beat: (client, name, at) => {
        written.push(`${client} ${name} ${at.toISOString()}`);
        return write();
      },
    },
  });
  return {
    beat: () => beat(log),
    written,
    logged,
    pass: (ms) => (now += ms),
    does: (next) => (write = next),
  };
}

test("one write a minute, however many messages, even at the same time", async () => {
  const { beat, written, pass } = beating();
  await Promise.all(Array.from({ length: 128 }, beat));
  pass(59_999);
  await beat();
  expect(written).toEqual(["acme deliver-acme 2026-11-23T10:00:00.000Z"]);
  pass(1);
  await beat();
  expect(written.slice(1)).toEqual(["acme deliver-acme 2026-11-23T10:01:00.000Z"]);
});

test("a write that fails does not affect the message; it is logged once until one succeeds", async () => {
  const { beat, written, logged, pass, does } = beating();
  does(() => Promise.reject(new Trouble("the tables are away\nand more")));
  for (let minute = 0; minute < 3; minute += 1) {
    await beat();
    await beat();
    pass(60_000);
  }
  expect(written).toHaveLength(3);
  expect(logged).toEqual(["warn heartbeat.failed the tables are away"]);
  does(() => Promise.resolve());
  await beat();
  pass(60_000);
  does(() => Promise.reject(new Trouble("away again")));
  await beat();
  expect(logged.slice(1)).toEqual(["warn heartbeat.failed away again"]);
});

test("a write that hangs delays a message by two seconds at most", async () => {
  const { beat, logged, does } = beating();
  does(() => new Promise(() => undefined));
  await beat();
  expect(logged).toEqual(["warn heartbeat.failed No answer within 2 s."]);
});
