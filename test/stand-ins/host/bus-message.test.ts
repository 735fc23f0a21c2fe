import { messageBody } from "../../../local/host/bus/bus-message.ts";

/** As returned by the SDK: one Buffer for one section, an array for several. */
const received = (body: unknown) => ({ body, state: "active", _rawAmqpMessage: { body, bodyType: "data" } }) as const;

test("several data sections of one message are joined, as bytes and as text", () => {
  const sections = received([Buffer.from('{"a":"\u00e4'), Buffer.from('"}')]);
  expect(messageBody(sections, true)).toEqual({ bytes: Buffer.from('{"a":"ä"}') });
  expect(messageBody(sections, false)).toEqual({ string: '{"a":"ä"}' });
});

test("a message without a body has no bytes", () => {
  expect(messageBody(received(undefined), true)).toEqual({ bytes: Buffer.alloc(0) });
});
