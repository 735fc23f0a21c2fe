import { batchWriter } from "../../../shared/tables/transactions/batch-writer.ts";
import type { Submit } from "../../../shared/tables/transactions/batch-writer.ts";
import { transactionBody } from "../../../shared/tables/transactions/multipart.ts";
import { encodeWrite } from "../../../shared/tables/transactions/row-write.ts";
import type { RowWrite } from "../../../shared/tables/transactions/row-write.ts";
import { TableRefusal } from "../../../shared/tables/table-error.ts";

const create = (row: string, text = ""): RowWrite => ({ kind: "insert", row, properties: { text } });
const conflict = (): Error => Object.assign(new Error("exists"), { statusCode: 409 });

interface Recorded {
  readonly submit: Submit;
  readonly sizes: number[];
  mostAtOnce: number;
}

/** Takes a turn of the event loop per transaction; refuses one that has a row named in `bad`. */
function recorded(bad: ReadonlySet<string> = new Set(), refused: (index: number) => Error = conflict): Recorded {
  let inFlight = 0;
  const made: Recorded = {
    sizes: [],
    mostAtOnce: 0,
    submit: async (_table, _partition, writes) => {
      inFlight += 1;
      made.mostAtOnce = Math.max(made.mostAtOnce, inFlight);
      made.sizes.push(writes.length);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight -= 1;
      const guilty = writes.findIndex(({ write }) => bad.has(write.row));
      if (guilty !== -1) throw refused(guilty);
      return new Map(writes.map(({ write }) => [write.row, `v-${write.row}`]));
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

test("a refused row fails only its own caller, in few additional transactions when the service does not say which it was", async () => {
  const made = recorded(new Set(["r17"]));
  const write = batchWriter(made.submit);
  const ends = await Promise.allSettled(names(64).map((name) => write("t", "p", [create(name)])));
  expect(ends.flatMap(({ status }, index) => (status === "rejected" ? [index] : []))).toEqual([17]);
  expect(made.sizes.length).toBeLessThan(16);
});

test("when the service says which row it refused, the others go in one more transaction", async () => {
  const named = (index: number): Error => new TableRefusal({ status: 409, code: "EntityAlreadyExists", index });
  const made = recorded(new Set(["r17", "r40"]), named);
  const write = batchWriter(made.submit);
  const ends = await Promise.allSettled(
    names(45).map((name, index) => write("t", "p", [create(name), create(`more${String(index)}`)])),
  );
  expect(ends.flatMap(({ status }, index) => (status === "rejected" ? [index] : []))).toEqual([17, 40]);
  expect(made.sizes).toEqual([90, 88, 86]);
});

test("when it is not known what was written, every caller fails", async () => {
  const made = recorded(new Set(["r1"]), () => new Error("socket hang up"));
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

test("a transaction's request is never larger than our reckoning of it", () => {
  const writes = ["x", "€", "😀", "\u0000", '"\\', "\u2028"].flatMap((character): RowWrite[] => [
    { kind: "insert", row: "r", properties: { text: character.repeat(5_000), number: 0.1, flag: true } },
    { kind: "put", row: character.repeat(200), properties: { bytes: new Uint8Array(5_000) } },
    { kind: "merge", row: "m", properties: {}, version: "W/\"datetime'2026-11-23T10%3A00%3A00.0000000Z'\"" },
    { kind: "delete", row: "d" },
  ]);
  const encoded = writes.map((write) => encodeWrite("p".repeat(100), write));
  const url = `https://${"a".repeat(24)}.table.core.windows.net/${"t".repeat(63)}`;
  const body = transactionBody(url, "p".repeat(100), encoded, "b".repeat(36));
  const reckoned = encoded.reduce((sum, { bytes }) => sum + bytes, 0);
  expect(Buffer.byteLength(body)).toBeGreaterThan(150_000);
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(reckoned);
});
