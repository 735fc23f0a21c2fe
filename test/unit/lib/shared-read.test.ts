import { sharedRead } from "../../../shared/lib/shared-read.ts";

/** A read that the test answers by hand, in the order of asking. */
function byHand() {
  const asked: ((answer: string | Error) => void)[] = [];
  const read = sharedRead(
    () =>
      new Promise<string>((resolve, reject) => {
        asked.push((answer) => {
          if (typeof answer === "string") resolve(answer);
          else reject(answer);
        });
      }),
  );
  return { asked, read };
}

test("who asks while a read is under way shares the next one, which begins after the question", async () => {
  const { asked, read } = byHand();
  const first = read();
  const later = [read(), read(), read()];
  expect(asked).toHaveLength(1);
  asked[0]?.("old");
  expect(await first).toBe("old");
  expect(asked).toHaveLength(2);
  asked[1]?.("new");
  expect(await Promise.all(later)).toEqual(["new", "new", "new"]);
  expect(asked).toHaveLength(2);
});

test("a read that fails rejects for its own callers, and the next one begins all the same", async () => {
  const { asked, read } = byHand();
  const first = read();
  const second = read();
  asked[0]?.(new Error("away"));
  await expect(first).rejects.toThrow("away");
  asked[1]?.("back");
  expect(await second).toBe("back");
  const third = read();
  asked[2]?.("again");
  expect(await third).toBe("again");
});
