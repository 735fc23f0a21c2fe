import rhea from "rhea";
import { amqpBody } from "../../../shared/core/events/amqp-body.ts";
import { Trouble } from "../../../shared/lib/errors.ts";

const { message, types } = rhea;
const data = (bytes: Buffer): unknown => message.data_section(bytes);
const several = (parts: readonly Buffer[]): unknown => message.data_sections(parts);
const sequence = (list: readonly unknown[]): unknown => message.sequence_section(list);

/** What is read of a message with this body: text, or the words of the trouble. */
function read(body: unknown, more: object = {}): string {
  const found = amqpBody(message.encode({ body, ...more }));
  return found instanceof Trouble ? found.message : Buffer.from(found).toString();
}

const EVENT = '{"id":"ë"}';
const LONG = "x".repeat(70_000);

test.each([
  ["a data section", data(Buffer.from(EVENT)), EVENT],
  ["a long data section", data(Buffer.from(LONG)), LONG],
  ["an empty data section", data(Buffer.alloc(0)), ""],
  ["several data sections", several([Buffer.from("{"), Buffer.alloc(0), Buffer.from("}")]), "{}"],
  ["a value that is a text, as a TextMessage of JMS", EVENT, EVENT],
  ["a value that is a long text", LONG, LONG],
  ["a value that is binary", Buffer.from(EVENT), EVENT],
  ["a value that is null", null, ""],
])("the body of a message with %s has its bytes", (_, body, expected) => {
  expect(read(body)).toBe(expected);
});

const words = (kind: string): string =>
  `The body is an AMQP ${kind}; send the bytes of the event's JSON, in a data section`;

test.each([
  ["a map", { memberEmail: "ana@example.com" }, "map"],
  ["an empty map", {}, "map"],
  ["a long map", { [LONG]: LONG }, "map"],
  ["a list", ["ana@example.com"], "list"],
  ["an empty list", [], "list"],
  ["a sequence", sequence(["ana@example.com", 1]), "sequence"],
  ["a number", 5, "value that is neither text nor binary"],
  ["a boolean", true, "value that is neither text nor binary"],
  ["a time", types.wrap_timestamp(0), "value that is neither text nor binary"],
  ["a symbol", types.wrap_symbol("ana"), "value that is neither text nor binary"],
])("an AMQP body that is %s is reported by its kind, and nothing of it is quoted", (_, body, kind) => {
  expect(read(body)).toBe(words(kind));
});

test("sections of every kind and value before and after the body are skipped", () => {
  const values = {
    text: "a",
    long: LONG,
    number: 1.5,
    big: 5_000_000_000,
    id: types.wrap_uuid(Buffer.alloc(16, 1)),
    yes: true,
    none: null,
    map: { list: [1, [2, { a: "b" }]] },
  };
  const more = {
    durable: true,
    delivery_count: 3,
    delivery_annotations: { "x-opt-lock-token": types.wrap_uuid(Buffer.alloc(16, 0x53)) },
    message_annotations: values,
    message_id: "m",
    creation_time: new Date(0),
    application_properties: values,
    footer: values,
  };
  expect(read(data(Buffer.from(EVENT)), more)).toBe(EVENT);
  expect(read({ a: 1 }, more)).toBe(words("map"));
});

test("a described value is not text, and what follows it is still found", () => {
  // Written by hand, since rhea writes none: "a" described by 7, and that by the symbol x.
  const described = "\0\xa3\x01x\0S\x07\xa1\x01a";
  const raw = (text: string): Buffer => Buffer.from(text, "latin1");
  const found = amqpBody(raw(`\0Sw${described}`));
  expect(found).toEqual(new Trouble(words("value that is neither text nor binary")));
  const annotations = `\0Sr\xc1\x0e\x02\xa3\x01k${described}`;
  expect(amqpBody(raw(`${annotations}\0Su\xa0\x02{}`))).toEqual(Buffer.from("{}"));
});

test("a message of properties only has no bytes", () => {
  expect(amqpBody(Buffer.alloc(0))).toEqual(Buffer.alloc(0));
  expect(amqpBody(Buffer.from([0x00, 0x53, 0x73, 0x45]))).toEqual(Buffer.alloc(0));
});

test("what is not AMQP, or is cut off anywhere but between sections, is reported as such, however long it is", () => {
  const whole = message.encode({ delivery_count: 1, message_id: "m", body: data(Buffer.from(EVENT)) });
  // Before the header, the properties and the body.
  const ends = new Set([0x70, 0x73, 0x75].map((code) => whole.indexOf(Buffer.from([0x00, 0x53, code]))));
  for (let length = 0; length < whole.length; length += 1) {
    const found = amqpBody(whole.subarray(0, length));
    expect([length, found instanceof Trouble]).toEqual([length, !ends.has(length)]);
  }
  for (const bytes of [
    EVENT,
    "\0",
    "\0".repeat(1_000_000),
    "\0S".repeat(100),
    "\0Su\x00\x00\x00",
    "\0Sw\xb1\xff\xff\xff\xff",
  ])
    expect(amqpBody(Buffer.from(bytes, "latin1"))).toEqual(
      new Trouble("The host passed a message that is not valid AMQP"),
    );
});
