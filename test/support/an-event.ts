import { parseMessage } from "../../shared/core/events/message.ts";
import { type KlsEvent } from "../../shared/core/events/event.ts";
import {
  compileWebhook,
  renderRequest,
  type Rendering,
  type WebhookTemplates,
} from "../../shared/core/requests/render-request.ts";
import { Secret } from "../../shared/core/secret.ts";

/** An event as KLS puts it on the bus, with numbers and texts that do not survive careless reading. */
export const EXAMPLE_EVENT = `{ "specversion": "1.0", "id": "evt-7f3c", "source": "/kls/acme/rewards", "time": "2026-11-23T10:00:00.000Z",
  "type": "com.kognitiv.loyalty.reward.issued", "datacontenttype": "application/json",
  "data": { "program": "rewards", "environment": "uat",
            "attributes": { "memberId": "M-12345678901234567890", "memberEmail": "ana@example.com", "firstName": "Zoë",
                            "points": 12345678901234567890, "balance": 0.10, "reward": { "id": "R-1", "name": "Café \\"Lux\\"" } } } }`;

export const QUEUED_AT = new Date("2026-11-23T10:00:01Z");

/** An event with these attributes, given as JSON text so that numbers keep their digits, through the real reader. */
export function anEvent(attributes = "{}"): KlsEvent {
  const { raw } = exampleEvent();
  const head = JSON.stringify({ ...Object(raw), data: undefined }).slice(0, -1);
  return read(`${head},"data":{"program":"rewards","environment":"uat","attributes":${attributes}}}`);
}

/** {@link EXAMPLE_EVENT}, read. */
export function exampleEvent(): KlsEvent {
  return read(EXAMPLE_EVENT);
}

function read(text: string): KlsEvent {
  const message = parseMessage(Buffer.from(text), QUEUED_AT, "acme");
  if (message.kind !== "event") throw new Error(`expected an event: ${JSON.stringify(message)}`);
  return message.event;
}

/** Templates of a webhook; header values as plain texts. */
export interface Written {
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly attributes?: WebhookTemplates["attributes"];
  readonly secretKeys?: readonly string[];
}

/** Compiles and renders in one go. */
export function render(written: Written, event: KlsEvent): Rendering {
  return renderRequest(
    compileWebhook({
      url: written.url ?? "https://api.example.com/hook",
      headers: Object.entries(written.headers ?? {}).map(([key, value]) => ({
        key,
        value: new Secret(value),
        secret: written.secretKeys?.includes(key) ?? false,
      })),
      body: written.body ?? "",
      attributes: written.attributes ?? [],
    }),
    event,
  );
}

/** The body as rendered, or the fault's message. */
export function renderedBody(body: string, event: KlsEvent, more: Written = {}): string {
  const rendering = render({ ...more, body }, event);
  return rendering.ok ? rendering.request.body : rendering.fault.message;
}

/** The URL as rendered, or the fault's message. */
export function renderedUrl(url: string, event: KlsEvent): string {
  const rendering = render({ url }, event);
  return rendering.ok ? rendering.request.url : rendering.fault.message;
}

/** Awkward texts: by hand, then random ones from a fixed seed, half surrogate pairs included. */
export function awkwardTexts(count: number): readonly string[] {
  const alphabet = [
    '"',
    "\\",
    "/",
    "..",
    ".",
    "%2e",
    "%",
    "&",
    "<",
    ">",
    "'",
    "]]>",
    "]",
    "-->",
    "\r\n",
    "\n",
    "\t",
    "\0",
    " ",
    "+",
    "=",
    "?",
    "#",
    "@",
    ":",
    "{{x}}",
    "}}",
    "a",
    "Z",
    "7",
    "é",
    "漢",
    "😀",
    "\ud800",
    "\u2028",
    "\u007f",
    "\ufeff",
    "~",
    "-",
  ];
  let seed = 20_261_123;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const made = Array.from({ length: count }, () =>
    Array.from({ length: 1 + next(8) }, () => alphabet[next(alphabet.length)] ?? "").join(""),
  );
  return [...alphabet, "", ...made];
}
