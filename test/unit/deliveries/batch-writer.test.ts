import type { TransactionAction } from "@azure/data-tables";
import { batchWriter } from "../../../shared/tables/deliveries/batch-writer.ts";
import type { Submit } from "../../../shared/tables/deliveries/batch-writer.ts";

const create = (rowKey: string, text = ""): TransactionAction => ["create", { partitionKey: "p", rowKey, text }];
const conflict = (): Error => Object.assign(new Error("exists"), { statusCode: 409 });

interface Recorded {
  readonly submit: Submit;
  readonly sizes: number[];
  mostAtOnce: number;
}

/** Takes a turn of the event loop per transaction; refuses one that holds a row named in `bad`. */
function recorded(bad: ReadonlySet<string> = new Set(), error = conflict()): Recorded {
  let inFlight = 0;
  const made: Recorded = {
    sizes: [],
    mostAtOnce: 0,
    submit: async (_table, actions) => {
      inFlight += 1;
      made.mostAtOnce = Math.max(made.mostAtOnce, inFlight);
      made.sizes.push(actions.length);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight -= 1;
      if (actions.some(([, { rowKey }]) => bad.has(rowKey))) throw error;
      return new Map(actions.map(([, { rowKey }]) => [rowKey, `v-${rowKey}`]));
    },
  };
  return made;
}

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `r${String(index)}`);

test("what arrives together goes out together, at most 100 rows at a time and one transaction after the other", async () => {
  const made = recorded();
  const write = batchWriter(made.submit);
  await Promise.all(names(250).map((name) => write("t", "p", [create(name)])));
  expect(made.sizes).toEqual([100, 100, 50]);
  expect(made.mostAtOnce).toBe(1);
});

test("what arrives while one is in flight makes up the next", async () => {
  const made = recorded();
  const write = batchWriter(made.submit);
  const first = write("t", "p", [create("first")]);
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([first, ...names(10).map((name) => write("t", "p", [create(name)]))]);
  expect(made.sizes).toEqual([1, 10]);
});

test("partitions do not wait for each other", async () => {
  const made = recorded();
  const write = batchWriter(made.submit);
  await Promise.all(["p", "q", "r"].map((partition) => write("t", partition, [create("x")])));
  expect(made.mostAtOnce).toBe(3);
});

test("the same row twice never shares a transaction", async () => {
  const made = recorded();
  const write = batchWriter(made.submit);
  await Promise.all([write("t", "p", [create("x")]), write("t", "p", [create("x")]), write("t", "p", [create("y")])]);
  expect(made.sizes).toEqual([1, 2]);
});

test.each([
  ["letters", "x".repeat(900_000), [4, 2]],
  ["characters of three bytes", "€".repeat(300_000), [4, 2]],
  ["escapes of JSON", "\u0000".repeat(200_000), [3, 3]],
])("large rows of %s are spread so that a transaction stays below the service's size", async (_of, text, sizes) => {
  const made = recorded();
  const write = batchWriter(made.submit);
  await Promise.all(names(6).map((name) => write("t", "p", [create(name, text)])));
  expect(made.sizes).toEqual(sizes);
});

test("a refused row fails only its own caller, in few additional transactions", async () => {
  const made = recorded(new Set(["r17"]));
  const write = batchWriter(made.submit);
  const ends = await Promise.allSettled(names(64).map((name) => write("t", "p", [create(name)])));
  expect(ends.flatMap(({ status }, index) => (status === "rejected" ? [index] : []))).toEqual([17]);
  expect(made.sizes.length).toBeLessThan(16);
});

test("when it is not known what was written, every caller fails", async () => {
  const made = recorded(new Set(["r1"]), new Error("socket hang up"));
  const write = batchWriter(made.submit);
  const ends = await Promise.allSettled(names(3).map((name) => write("t", "p", [create(name)])));
  expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(made.sizes).toEqual([3]);
});

test("each caller gets the versions of its rows", async () => {
  const write = batchWriter(recorded().submit);
  const [versions] = await Promise.all([write("t", "p", [create("x")]), write("t", "p", [create("y")])]);
  expect(versions.get("x")).toBe("v-x");
});
