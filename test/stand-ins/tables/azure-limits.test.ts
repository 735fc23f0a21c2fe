import { inQuery, inUrl, merged, whenStored, whileReading } from "../../../local/tables/azure-limits.ts";

/** Properties of `bytes` in total, including a text, bytes and a value of every other kind. */
function ofBytes(bytes: number): Record<string, unknown> {
  const kinds = {
    t: "éx", // 8 + 2 + 4 + 2 * 2 = 18
    b: Buffer.alloc(3).toString("base64"), // 8 + 2 + 4 + 3 = 17
    "b@odata.type": "Edm.Binary",
    flag: true, // 8 + 8 + 1 = 17
    int: 7, // 8 + 6 + 4 = 18
    double: 0.5, // 8 + 12 + 8 = 28
    whole: 1, // 8 + 10 + 8 = 26
    "whole@odata.type": "Edm.Double",
    long: "9007199254740993", // 8 + 8 + 8 = 24
    "long@odata.type": "Edm.Int64",
    at: "2026-11-23T10:00:00.000Z", // 8 + 4 + 8 = 20
    "at@odata.type": "Edm.DateTime",
    guid: "00000000-0000-0000-0000-000000000000", // 8 + 8 + 16 = 32
    "guid@odata.type": "Edm.Guid",
    nothing: null, // not stored
    Timestamp: "2026-11-23T10:00:00.000Z", // the service's own
    "odata.etag": "W/1",
  }; // 200 in total
  const large = Object.fromEntries(
    Array.from({ length: 15 }, (_, index) => [`large${String(index + 10)}`, "x".repeat(32_768)]), // each 8 + 14 + 4 + 65,536
  );
  const rest = bytes - 4 - "pk".length * 2 - "row".length * 2 - 200 - 15 * 65_562 - (8 + 8 + 4);
  return { ...kinds, ...large, last: "y".repeat(rest / 2) };
}

test("an entity has 1 MiB by the documented reckoning, to the byte", () => {
  expect(whenStored("pk", "row", ofBytes(1_048_576))).toBeUndefined();
  expect(whenStored("pk", "row", ofBytes(1_048_578))).toMatchObject({ status: 400, code: "EntityTooLarge" });
  expect(whenStored("pk", "row+", ofBytes(1_048_576))).toMatchObject({ status: 400, code: "EntityTooLarge" });
});

test("a key has 1 KiB of UTF-16", () => {
  expect(whenStored("k".repeat(512), "r".repeat(512), {})).toBeUndefined();
  expect(whenStored("k".repeat(513), "r", {})).toMatchObject({ code: "PropertyValueTooLarge" });
  expect(whenStored("k", "😀".repeat(256) + "r", {})).toMatchObject({ code: "PropertyValueTooLarge" });
});

test("faults are reported in order: number of properties, names, the whole, the parts", () => {
  const many = Object.fromEntries(Array.from({ length: 253 }, (_, index) => [`p${String(index)}`, ""]));
  const long = { ["n".repeat(256)]: "" };
  const whole = { bytes: Buffer.alloc(1_048_576).toString("base64"), "bytes@odata.type": "Edm.Binary" };
  const part = { text: "x".repeat(32_769) };
  expect(whenStored("p", "r", { ...many, ...long, ...whole, ...part })?.code).toBe("TooManyProperties");
  expect(whenStored("p", "r", { ...long, ...whole, ...part })?.code).toBe("PropertyNameTooLong");
  expect(whenStored("p", "r", { ...whole, ...part })?.code).toBe("EntityTooLarge");
  expect(whenStored("p", "r", part)?.code).toBe("PropertyValueTooLarge");
});

test("a merge takes the newer type with the newer value, and null for what is there", () => {
  const before = { a: "1", "a@odata.type": "Edm.Int64", b: "kept" };
  expect(merged(before, { a: "x", b: null })).toEqual({ a: "x", "a@odata.type": undefined, b: "kept" });
});

test("properties are read in order; the service's own and type annotations are skipped", () => {
  const fine = {
    PartitionKey: "p",
    RowKey: "",
    Timestamp: "never",
    "odata.etag": "*",
    "a@odata.type": "Edm.String",
    a: "",
  };
  expect(whileReading(fine)).toBeUndefined();
  expect(whileReading({ ...fine, "a-b": 1, RowKey: "#" })?.code).toBe("OutOfRangeInput");
  expect(whileReading({ "a-b": 1, RowKey: "#" })?.code).toBe("PropertyNameInvalid");
  expect(whileReading({ at: "soon", "at@odata.type": "Edm.DateTime" })?.code).toBe("InvalidInput");
  expect(whileReading({ at: "soon" })).toBeUndefined();
});

test("slashes of a key in a URL are a matter of syntax", () => {
  expect(inUrl("a b~ü%'")).toBeUndefined();
  expect(inUrl("a/b")?.code).toBe("InvalidInput");
  expect(inUrl("a?b")?.code).toBe("OutOfRangeInput");
});

test("comparisons within texts do not count", () => {
  const text = `a eq '${" eq ''".repeat(16)}'`;
  expect(inQuery(1_000, text)).toBeUndefined();
  expect(inQuery(undefined, undefined)).toBeUndefined();
  expect(inQuery(0, undefined)?.code).toBe("InvalidInput");
});
