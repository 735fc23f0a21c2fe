import { gzipSync, zstdCompressSync, deflateSync } from "node:zlib";
import { parseMessage } from "../../../shared/core/events/event.ts";
import { EXAMPLE_EVENT, QUEUED_AT } from "../../support/an-event.ts";

/** What becomes of a body: the kind of message, or the reason why it is dead-lettered. */
function reason(body: Uint8Array | string): string {
  const message = parseMessage(typeof body === "string" ? Buffer.from(body) : body, QUEUED_AT, "acme");
  return message.kind === "invalid" ? message.reason : message.kind;
}

/** As WindowsAzure.ServiceBus writes a body that is a text: one short element of binary XML (MC-NBFX) in the serializer's namespace. */
function brokeredMessage(
  text: string,
  element = "string",
  namespace = "http://schemas.microsoft.com/2003/10/Serialization/",
): Buffer {
  const [name, space, bytes] = [element, namespace, text].map((one) => Buffer.from(one));
  if (!name || !space || !bytes) throw new Error("nothing to write");
  const length = Buffer.alloc(4);
  length.writeInt32LE(bytes.length);
  return Buffer.concat([
    Buffer.from([0x40, name.length]),
    name,
    Buffer.from([0x08, space.length]),
    space,
    Buffer.from([0x9d]),
    length,
    bytes,
  ]);
}

function utf16be(text: string): Buffer {
  return Buffer.from(text, "utf16le").swap16();
}

function utf32(text: string, write: (into: Buffer, code: number, at: number) => void): Buffer {
  const codes = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const into = Buffer.alloc(codes.length * 4);
  codes.forEach((code, index) => {
    write(into, code, index * 4);
  });
  return into;
}

const DOTNET =
  "The body was written by .NET's DataContractSerializer, as new BrokeredMessage(text) does; send the JSON's bytes, as a stream or with a newer library";
const TWICE = "The body is a JSON string that contains JSON: it was serialized twice; send the object itself";
const UTF16 = "The body is UTF-16; send UTF-8";
const UTF32 = "The body is UTF-32; send UTF-8";

test.each<readonly [string, Uint8Array | string, string]>([
  ["gzip", gzipSync(EXAMPLE_EVENT), "The body is gzip; send it uncompressed"],
  ["zlib", deflateSync(EXAMPLE_EVENT), "The body is zlib; send it uncompressed"],
  ["zlib at level 1", deflateSync(EXAMPLE_EVENT, { level: 1 }), "The body is zlib; send it uncompressed"],
  ["zstd", zstdCompressSync(EXAMPLE_EVENT), "The body is zstd; send it uncompressed"],
  ["a text of a BrokeredMessage", brokeredMessage(EXAMPLE_EVENT), DOTNET],
  ["bytes of a BrokeredMessage", brokeredMessage("e30=", "base64Binary"), DOTNET],
  ["an object of .NET", brokeredMessage("x", "Reward", "http://schemas.datacontract.org/2004/07/Kls"), DOTNET],
  [
    "the same as XML",
    `<string xmlns="http://schemas.microsoft.com/2003/10/Serialization/">${EXAMPLE_EVENT}</string>`,
    DOTNET,
  ],
  ["XML", `\ufeff<?xml version="1.0"?><event/>`, "The body is XML or HTML; send JSON"],
  ["a page", " <!doctype html>", "The body is XML or HTML; send JSON"],
  ["JSON in a JSON text", JSON.stringify(EXAMPLE_EVENT), TWICE],
  ["the same once more", JSON.stringify(JSON.stringify(EXAMPLE_EVENT)), TWICE],
  ["a list in a JSON text", JSON.stringify("[1]"), TWICE],
  ["a JSON text of something else", '"{oops"', "the message must be a JSON object"],
  ["a list of events", `[${EXAMPLE_EVENT}]`, "The body is a list of objects; send each event in a message of its own"],
  [
    "a Buffer as JSON",
    JSON.stringify(Buffer.from(EXAMPLE_EVENT)),
    "The body is a Node.js Buffer written as JSON; send the bytes themselves",
  ],
  ["base64", Buffer.from(EXAMPLE_EVENT).toString("base64"), "The body is base64; send the JSON itself"],
  ["UTF-16 with its mark", Buffer.from(`\ufeff${EXAMPLE_EVENT}`, "utf16le"), UTF16],
  ["UTF-16 without", Buffer.from(EXAMPLE_EVENT, "utf16le"), UTF16],
  ["UTF-16, the other way round, with its mark", utf16be(`\ufeff${EXAMPLE_EVENT}`), UTF16],
  ["UTF-16, the other way round, without", utf16be(EXAMPLE_EVENT), UTF16],
  ["UTF-32 with its mark", utf32("\ufeff{}", (into, code, at) => into.writeUInt32LE(code, at)), UTF32],
  ["UTF-32 without", utf32("{}", (into, code, at) => into.writeUInt32LE(code, at)), UTF32],
  ["UTF-32, the other way round", utf32("{}", (into, code, at) => into.writeUInt32BE(code, at)), UTF32],
  ["Latin-1", Buffer.from(EXAMPLE_EVENT, "latin1"), "The message is not UTF-8"],
  ["a lone surrogate as three bytes", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), "The message is not UTF-8"],
  [
    "Java's serializer",
    Buffer.from("aced000574000161", "hex"),
    "The body was written by Java's serializer; send the JSON's bytes",
  ],
  ["nothing", "", "The body is empty; send the event in it, as JSON"],
  ["a byte order mark alone", "\ufeff", "The body is empty; send the event in it, as JSON"],
  ["spaces", " \r\n", "The body is empty; send the event in it, as JSON"],
  ["NUL", "\0\0\0\0\0", "Not JSON: there is an error at line 1 column 1"],
  ["a text with an @ before it", "@{}", "Not JSON: there is an error at line 1 column 1"],
])("a body that is %s is dead-lettered with words that say so", (_name, body, expected) => {
  expect(reason(body)).toBe(expected);
});

test("what is an event stays one, with a byte order mark and with the serializer's namespace in a value", () => {
  const event = EXAMPLE_EVENT.replace("Zoë", "http://schemas.microsoft.com/2003/10/Serialization/");
  expect([reason(`\ufeff${EXAMPLE_EVENT}`), reason(event)]).toEqual(["event", "event"]);
});

test.each([
  ["data", { data: JSON.stringify({ program: "rewards", environment: "uat" }) }],
  ["data.attributes", { data: { program: "rewards", environment: "uat", attributes: '{"memberId":"M-1"}' } }],
])("%s as a string that contains JSON is recognized", (name, change) => {
  expect(reason(JSON.stringify({ ...Object(JSON.parse(EXAMPLE_EVENT)), ...change }))).toBe(
    `${name} must be an object; it is a string that contains JSON, serialized twice: send the object itself`,
  );
});

test("no reason quotes the body, whatever it is wrapped in", () => {
  for (const body of [JSON.stringify(EXAMPLE_EVENT), brokeredMessage(EXAMPLE_EVENT), `<a>${EXAMPLE_EVENT}</a>`])
    expect(reason(body)).not.toMatch(/ana|M-1234|Lux/);
});
