import { takeTurns, type EventLoop } from "../../../shared/lib/turns.ts";

/** An event loop whose time passes only by what work says that it takes, and by pauses. */
function slowLoop(): {
  readonly loop: EventLoop;
  readonly take: (ms: number) => void;
  readonly run: () => Promise<void>;
} {
  let now = 0;
  const timers: { at: number; go: () => void }[] = [];
  const settled: (() => void)[] = [];
  return {
    loop: {
      now: () => now,
      later: (ms, go) => timers.push({ at: now + ms, go }),
      settled: (go) => settled.push(go),
    },
    take: (ms) => (now += ms),
    run: async () => {
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        const go = settled.shift();
        if (go) go();
        else {
          const timer = timers.toSorted((one, other) => one.at - other.at)[0];
          if (!timer) return;
          timers.splice(timers.indexOf(timer), 1);
          now = Math.max(now, timer.at);
          timer.go();
        }
      }
    },
  };
}

test("quick work is done at once, and returns or throws its result", async () => {
  const { loop } = slowLoop();
  const turns = takeTurns(loop);
  const done: number[] = [];
  const results = [1, 2, 3].map((number) => turns("acme", () => (done.push(number), number)));
  expect(done).toEqual([1, 2, 3]);
  expect(await Promise.all(results)).toEqual([1, 2, 3]);
  const failed = turns("acme", () => {
    throw new RangeError("no");
  });
  await expect(failed).rejects.toThrow(RangeError);
});

test("a client that is alone has a turn for each piece of heavy work, one after the other", async () => {
  const { loop, take, run } = slowLoop();
  const turns = takeTurns(loop);
  const starts: number[] = [];
  for (let piece = 0; piece < 4; piece += 1) {
    void turns("acme", () => {
      starts.push(loop.now());
      take(20);
    });
  }
  expect(starts).toEqual([0]);
  await run();
  expect(starts).toEqual([0, 20, 40, 60]);
});

test("when another client was here in the last second, there is a pause after each piece, as long as it took", async () => {
  const { loop, take, run } = slowLoop();
  const turns = takeTurns(loop);
  const starts: number[] = [];
  void turns("globex", () => undefined);
  for (let piece = 0; piece < 40; piece += 1) {
    void turns("acme", () => {
      starts.push(loop.now());
      take(20);
    });
  }
  await run();
  const before = starts.filter((at) => at < 1_000);
  const after = starts.filter((at) => at > 1_040);
  expect(new Set(before.slice(1).map((at, index) => at - (before[index] ?? 0)))).toEqual(new Set([40]));
  expect(new Set(after.slice(1).map((at, index) => at - (after[index] ?? 0)))).toEqual(new Set([20]));
});

test("heavy work is done piece by piece, each in a turn of its own and after a pause as long as the last", async () => {
  const { loop, take, run } = slowLoop();
  const turns = takeTurns(loop);
  const starts: number[] = [];
  void turns("globex", () => undefined);
  for (let piece = 0; piece < 4; piece += 1) {
    void turns("acme", () => {
      starts.push(loop.now());
      take(20);
    });
  }
  expect(starts).toEqual([0]);
  await run();
  expect(starts).toEqual([0, 40, 80, 120]);
});

test("another client's work does not wait, however much the first has waiting", async () => {
  const { loop, take, run } = slowLoop();
  const turns = takeTurns(loop);
  const order: string[] = [];
  for (let piece = 0; piece < 500; piece += 1) {
    void turns("acme", () => {
      order.push("acme");
      take(20);
    });
  }
  void turns("globex", () => {
    order.push("globex");
    take(1);
  });
  void turns("initech", () => order.push("initech"));
  await run();
  expect(order.slice(0, 4)).toEqual(["acme", "globex", "initech", "acme"]);
  expect(order).toHaveLength(502);
});

test("many small pieces that had to wait share a turn, and what follows from them counts as theirs", async () => {
  const { loop, take, run } = slowLoop();
  const turns = takeTurns(loop);
  void turns("globex", () => undefined);
  const starts: number[] = [];
  void turns("acme", () => {
    take(6);
  });
  for (let piece = 0; piece < 8; piece += 1) {
    void turns("acme", () => {
      starts.push(loop.now());
    }).then(() => {
      take(2);
    });
  }
  await run();
  // Three pieces with what follows from them fill a turn of 5 ms.
  expect(starts).toEqual([12, 14, 16, 18, 20, 22, 24, 26]);
});

test("when nothing waits any more, the next piece is done at once again", async () => {
  const { loop, take, run } = slowLoop();
  const turns = takeTurns(loop);
  for (let piece = 0; piece < 3; piece += 1) {
    void turns("acme", () => {
      take(20);
    });
  }
  await run();
  let done = false;
  void turns("acme", () => (done = true));
  expect(done).toBe(true);
});

test("a pause is never longer than 50 ms", async () => {
  const { loop, take, run } = slowLoop();
  const turns = takeTurns(loop);
  void turns("globex", () => undefined);
  const starts: number[] = [];
  for (let piece = 0; piece < 2; piece += 1) {
    void turns("acme", () => {
      starts.push(loop.now());
      take(900);
    });
  }
  await run();
  expect(starts).toEqual([0, 950]);
});
