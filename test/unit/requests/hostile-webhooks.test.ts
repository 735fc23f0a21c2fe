import { ordinary, thoughtOf, thrown, type Hostile } from "../../../bench/support/hostile.ts";
import { MAX_BODY_BYTES } from "../../../shared/core/requests/render-body.ts";
import { MAX_HEADER_BYTES, compileWebhook, renderRequest } from "../../../shared/core/requests/render-request.ts";
import { MAX_URL_BYTES } from "../../../shared/core/requests/render-url.ts";
import { MAX_RENDER_CHARACTERS, RenderWork } from "../../../shared/core/templates/work.ts";

const THROWN = 150;

/** The most that one step makes of what it was charged for: `\u0000` of one character. */
const MOST_OF_ONE = 6;

/** Everything of a request, or why there is none, checked against its limits; and its cost, counted. `npm run bench -- hostile-webhooks` has the milliseconds. */
function held({ name, webhook, event }: Hostile): void {
  const compiled = compileWebhook(webhook);
  const work = new RenderWork();
  const rendering = renderRequest(compiled, event, work);
  expect([name, work.spent]).toEqual([name, Math.min(work.spent, (1 + MOST_OF_ONE) * MAX_RENDER_CHARACTERS)]);
  if (rendering.ok) {
    const { url, headers, body } = rendering.request;
    expect(work.spent).toBeLessThanOrEqual(MAX_RENDER_CHARACTERS);
    expect(url.length).toBeLessThanOrEqual(MAX_URL_BYTES);
    for (const [, value] of headers) expect(Buffer.byteLength(value)).toBeLessThanOrEqual(MAX_HEADER_BYTES);
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MAX_BODY_BYTES);
  } else {
    expect(rendering.fault.message.length).toBeLessThanOrEqual(400);
    if (work.spent > MAX_RENDER_CHARACTERS) expect(rendering.fault.message).toContain(String(MAX_RENDER_CHARACTERS));
  }
}

test("webhooks and events designed to be expensive stay within the budget and the limits, or say which one they exceed", () => {
  for (const hostile of thoughtOf()) held(hostile);
});

test("so do those that are generated from seeds", () => {
  let rendered = 0;
  let refused = 0;
  for (let seed = 1; seed <= THROWN; seed += 1) {
    const hostile = thrown(seed);
    held(hostile);
    if (renderRequest(compileWebhook(hostile.webhook), hostile.event).ok) rendered += 1;
    else refused += 1;
  }
  // A generator of which everything is refused, or nothing, would test little.
  expect([rendered > THROWN / 20, refused > THROWN / 20]).toEqual([true, true]);
});

test("an ordinary webhook is far from every limit", () => {
  const { webhook, event } = ordinary();
  const work = new RenderWork();
  expect(renderRequest(compileWebhook(webhook), event, work).ok).toBe(true);
  expect(work.spent).toBeLessThan(MAX_RENDER_CHARACTERS / 1_000);
});
