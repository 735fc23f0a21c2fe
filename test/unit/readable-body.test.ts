import { brotliCompressSync, gzipSync } from "node:zlib";
import { readableBody } from "../../shared/outbound/body.ts";

const MAX = 65_536;

test.each([
  ["as it is", "", (body: Buffer) => body],
  ["packed by gzip", "gzip", (body: Buffer) => gzipSync(body)],
  ["packed by brotli", "br", (body: Buffer) => brotliCompressSync(body)],
])("an answer that is cut, %s, ends in a whole character", async (_how, encoding, packed) => {
  for (const before of ["", "x", "xx", "xxx"]) {
    const raw = packed(Buffer.from(before + "😀".repeat(20_000)));
    const whole = Math.floor((MAX - before.length) / 4);
    expect(await readableBody(raw, encoding, "", MAX)).toEqual({
      text: before + "😀".repeat(whole),
      truncated: true,
    });
  }
});

test("an answer of exactly the length that is read is whole, and one that ends within a character shows it", async () => {
  expect(await readableBody(Buffer.alloc(MAX, "x"), "", "", MAX)).toEqual({ text: "x".repeat(MAX), truncated: false });
  expect(await readableBody(Buffer.from("😀x😀").subarray(0, 7), "", "", MAX)).toEqual({
    text: "😀x\ufffd",
    truncated: false,
  });
});
