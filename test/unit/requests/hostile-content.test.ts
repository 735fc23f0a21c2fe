import { renderRequest, compileWebhook } from "../../../shared/core/requests/render-request.ts";
import { Secret } from "../../../shared/core/secret.ts";
import { HOSTILE, SAMPLES } from "../../support/content-types.ts";
import { anEvent, awkwardTexts } from "../../support/an-event.ts";

const VALUES = [...HOSTILE, ...awkwardTexts(60)];

test("there are at least 60 content types", () => {
  expect(new Set(SAMPLES.map(({ type }) => type)).size).toBeGreaterThanOrEqual(60);
});

test.each(SAMPLES)(
  "what arrives as $type parses and has the template's fields with the exact values",
  async (sample) => {
    const { type, body, read, expected, carries = (x: string) => x } = sample;
    const compiled = compileWebhook({
      url: "https://api.example.com/",
      headers: [{ key: "Content-Type", value: new Secret(type), secret: false }],
      body,
      attributes: [],
    });
    expect(compiled.faults).toEqual([]);
    for (const value of VALUES) {
      // Half a surrogate pair is sent as U+FFFD.
      const x = carries(value.toWellFormed());
      const given = sample.type === "application/graphql" ? x : value;
      const rendering = renderRequest(compiled, anEvent(JSON.stringify({ x: given })));
      expect([value, rendering]).toEqual([value, expect.objectContaining({ ok: true })]);
      const sent = rendering.ok ? Buffer.from(rendering.request.body) : Buffer.alloc(0);
      const found = await read(sent, type);
      expect([value, found]).toEqual([value, expected(x, value.toWellFormed())]);
    }
  },
);
