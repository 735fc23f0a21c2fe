import type { KlsEvent } from "../shared/core/event.ts";
import { parseMessage } from "../shared/core/event.ts";
import { compileWebhook, renderRequest } from "../shared/core/render-request.ts";
import type { WebhookTemplates } from "../shared/core/render-request.ts";
import { Secret } from "../shared/core/secret.ts";
import { ms, sideBySide } from "./support/side-by-side.ts";

const ROUNDS = 15;

/** What it costs to compile and to render a webhook that was made to cost much, beside an ordinary one. */
export async function run(): Promise<void> {
  const event = eventWith(
    JSON.stringify({ memberId: "M-1", memberEmail: "ana@example.com", points: 12, big: '"'.repeat(100_000) }),
  );
  const ordinary: WebhookTemplates = {
    url: "https://api.example.com/members/{{memberId}}/mail",
    headers: [{ key: "Content-Type", value: new Secret("application/json"), secret: false }],
    body: '{"to":"{{memberEmail}}","points":{{points}}}',
    attributes: [],
  };
  const hostile: WebhookTemplates = { ...ordinary, body: "{{memberId}}".repeat(1000) };
  const ready = [ordinary, hostile].map(compileWebhook);
  const measured = await sideBySide(
    [
      { name: "ordinary, compile", work: () => compileWebhook(ordinary) },
      { name: "hostile, compile", work: () => compileWebhook(hostile) },
      ...ready.map((compiled, index) => ({
        name: `${index === 0 ? "ordinary" : "hostile"}, render`,
        work: () => renderRequest(compiled, event),
      })),
    ],
    ROUNDS,
  );
  for (const { name, medianMs, longestMs } of measured)
    console.log(`${name.padEnd(24)}${ms(medianMs)}, longest ${ms(longestMs)}`);
}

function eventWith(attributes: string): KlsEvent {
  const text = `{"specversion":"1.0","id":"evt-1","source":"/kls/acme","time":"2026-11-23T10:00:00.000Z","type":"com.kognitiv.loyalty.reward.issued","data":{"program":"rewards","environment":"uat","attributes":${attributes}}}`;
  const message = parseMessage(Buffer.from(text), new Date("2026-11-23T10:00:01Z"), "acme");
  if (message.kind !== "event") throw new Error("the bench's event is not one");
  return message.event;
}
