import type { KlsEvent } from "../../shared/core/events/event.ts";
import { parseMessage } from "../../shared/core/events/message.ts";
import { HEADER_VALUE_WHITELIST } from "../../shared/contract/header-rules.ts";
import { parseWebhook } from "../../shared/management/webhook-input.ts";
import type { WebhookConfig } from "../../shared/core/configuration/webhook.ts";

/** A webhook and an event that were made to cost much; both went through the rules for what callers and publishers send. */
export interface Hostile {
  readonly name: string;
  readonly webhook: WebhookConfig;
  readonly event: KlsEvent;
  /** The event's attributes as JSON text, as a publisher writes them. */
  readonly attributes: string;
}

/** Whole numbers from 0 up to a limit, the same for the same seed. */
type Dice = (below: number) => number;

function dice(seed: number): Dice {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const EVENT_BYTES = 262_144;
const BODY_BYTES = 65_536;
const HEADER_CHARACTERS = 4_096;

/** Values that some filter, escape, parser or pattern takes long over; each fills an event of 256 KB. */
const VALUES: Readonly<Record<string, string>> = {
  quotes: text('\\"'),
  backslashes: text("\\\\"),
  controls: text("\\u0000"),
  halves: text("\\ud800"),
  ampersands: text("&"),
  sections: text("]]>"),
  bangs: text("!"),
  spaces: `"${" ".repeat(EVENT_BYTES - 2_000)}x"`,
  climbs: text("/.."),
  percents: text("%2e"),
  wide: text("漢"),
  grows: text("ΐ"),
  dotted: text("İ"),
  sigmas: text("Σ"),
  combining: text("a\\u0301"),
  faces: text("😀"),
  letters: fill(
    (room) =>
      `"${Array.from({ length: room / 3 - 1 }, (_, index) => String.fromCharCode(0x800 + (index % 0xd000))).join("")}"`,
  ),
  plain: text("a"),
  digits: fill((room) => "7".repeat(room)),
  fraction: fill((room) => `0.${"7".repeat(room - 2)}`),
  time: fill((room) => `"2026-11-23T10:00:00.${"7".repeat(room - 30)}Z"`),
  numbers: list("0.10"),
  zeros: list("-0"),
  empties: list("{}"),
  texts: list('""'),
  lists: list("[]"),
  deep: `${'{"a":['.repeat(29)}${list("0.10")}${"]}".repeat(29)}`,
  keys: fill(
    (room) => `{${Array.from({ length: Math.floor(room / 14) }, (_, index) => `"k${String(index)}":1.0`).join(",")}}`,
  ),
  indexes: fill(
    (room) =>
      `{${Array.from({ length: Math.floor(room / 14) }, (_, index) => `"${String(index * 7919)}":0`).join(",")}}`,
  ),
  one: '"x"',
};

function fill(make: (room: number) => string): string {
  return make(EVENT_BYTES - 2_000);
}

function text(unit: string): string {
  return fill((room) => `"${unit.repeat(Math.floor((room - 2) / Buffer.byteLength(unit)))}"`);
}

function list(item: string): string {
  return fill(
    (room) => `[${Array.from({ length: Math.floor((room - 200) / (item.length + 1)) }, () => item).join(",")}]`,
  );
}

const FILTERS = [
  "json",
  "upcase",
  "downcase",
  "truncate: 1000000",
  "truncate: 200000, '&&&&'",
  "truncate",
  'default: "&"',
  "raw",
  "json | upcase",
];
const KINDS = [
  "application/json",
  "text/xml",
  "application/x-www-form-urlencoded",
  "text/plain",
  "text/html",
  "text/csv",
  "multipart/mixed; boundary=b",
  "text/xml; charset=us-ascii",
  "application/json; charset=Big5",
  "text/html; charset=Shift_JIS",
  "application/x-www-form-urlencoded; charset=gb18030",
];
/** Literal text that a scanner of JSON, XML, URLs or templates could take long over. */
const LITERALS = [
  "{",
  "\\{{",
  "\\\\",
  "<![CDATA[",
  "<!--",
  "<a b='",
  "]]",
  "-->",
  "<script>",
  "</script",
  "--b\r\n",
  "\r\n\r\n",
  "/*",
  ",",
  '"',
  "'",
  "\n",
  "}} ",
  "&",
  "%",
  " ",
  "漢",
  "a",
];

/** Templates that were thought of. */
const THOUGHT_OF: Readonly<Record<string, (value: string) => object>> = {
  "many in the body": () => ({ body: "{{v}}".repeat(1_000) }),
  "many, upper and lower case": () => ({ body: "{{v|upcase|downcase|upcase|downcase|upcase|downcase}}".repeat(990) }),
  "escaped again and again": () => ({
    body: "{{v|json|upcase|json|upcase|json|upcase|json|upcase|json|upcase}}".repeat(900),
  }),
  "in XML": () => ({ ...typed("text/xml"), body: `<a b="{{v}}">{{v}}<![CDATA[{{v}}]]><!--{{v}}--></a>`.repeat(240) }),
  "in a form": () => ({ ...typed(KINDS[2] ?? ""), body: "a={{v}}&".repeat(990) }),
  "in HTML": () => ({
    ...typed("text/html"),
    body: `<a b="{{v}}">{{v}}</a><script>f("{{v}}", {{v}})</script>`.repeat(240),
  }),
  "in a table": () => ({ ...typed("text/csv"), body: '{{v}},"{{v}}"\n'.repeat(490) }),
  "in YAML": () => ({ ...typed("application/yaml"), body: `a: {{v}}\nb: "{{v}}"\n`.repeat(490) }),
  "indicators of YAML": () => ({ ...typed("application/yaml"), body: `${"! ".repeat(BODY_BYTES / 2 - 8)}{{v}}` }),
  "in parts": () => ({
    ...typed("multipart/mixed; boundary=b"),
    body: '--b\r\nA: "{{v}}\r\n\r\n{{v}}\r\n'.repeat(490),
  }),
  "headers of a part": () => ({
    ...typed("multipart/mixed; boundary=b"),
    body: `--b\r\n${'"{{v|truncate:1}}'.repeat(990)}`,
  }),
  "parts of parts": () => ({
    ...typed("multipart/mixed; boundary=b"),
    body: `${"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".repeat(1_200)}{{v}}`,
  }),
  "in ASCII, referenced": () => ({ ...typed("text/xml; charset=us-ascii"), body: "<a>{{v}}</a>" }),
  "in ASCII, escaped": () => ({ ...typed("application/json; charset=us-ascii"), body: '"{{v|truncate:120000}}"' }),
  "in Big5": () => ({ ...typed("text/html; charset=big5"), body: "{{v}}" }),
  "in GB 18030": () => ({ ...typed("text/plain; charset=gb18030"), body: "{{v}}" }),
  "a form in GB 18030": () => ({ ...typed(KINDS.at(-1) ?? ""), body: "{{v|truncate:60000}}" }),
  "parameters of a content type": () => typed(`text/xml${';a="'.repeat(1_000)}`),
  "cut to little": () => ({ body: "{{v|truncate:9}}".repeat(1_000) }),
  "a name in a tag": () => ({ ...typed("text/xml"), body: "<{{v}}/>".repeat(1_000) }),
  "in headers": () => ({ headers: headers(() => "{{v|truncate:20}}".repeat(20)) }),
  "braces in a content type": () => ({ headers: [{ key: "Content-Type", value: "{".repeat(HEADER_CHARACTERS) }] }),
  "braces everywhere": () => ({ body: "{".repeat(BODY_BYTES), headers: headers(() => "{{".repeat(2_000)) }),
  "lines before each": () => ({ body: `${"\n".repeat(50)}{{v|truncate:1}}`.repeat(990) }),
  "backslashes before each": () => ({ body: `${"\\".repeat(50)}{{v|truncate:1}}`.repeat(990) }),
  "marks of XML": () => ({ ...typed("text/xml"), body: "<![CDATA".repeat(BODY_BYTES / 8) }),
  "one long name": () => ({ body: `{{${"a.".repeat(32_000)}a}}` }),
  "one long date": () => ({
    body: `{{v|date:"${"%F".repeat(32_000)}"}}`,
    headers: headers(() => `{{event.time|date:"${"%A".repeat(2_000)}"}}`),
  }),
  "dates of long digits": () => ({ body: '{{v|date:"%F"}}'.repeat(1_000) }),
  "many, looked through": () => ({
    body: `{{v|replace:"${"a".repeat(20)}b","x"|replace:"${"a".repeat(20)}b","x"|sha256}}`.repeat(500),
  }),
  "many, encoded": () => ({ body: "{{v|url_encode|escape|base64_encode|md5|sha256}}".repeat(990) }),
  "many, in lists": () => ({ body: "{{list|join:''|size}}{{list|first}}{{list|last}}{{list|size}}".repeat(240) }),
  "many dates in a zone": () => ({
    body: `{{event.time|date:"%Z%z%:z","America/New_York"}}`.repeat(990),
  }),
  "many zones": () => ({
    body: Intl.supportedValuesOf("timeZone")
      .map((zone) => `{{event.time|date:"%Z","${zone}"}}`)
      .join(""),
  }),
  "filters without end": () => ({ body: `{{v${"|json".repeat(12_000)}}}` }),
  "quotes without end": () => ({ body: `{{v|default:"${"{{v|default:'".repeat(5_000)}` }),
  "a long host": () => ({ url: `https://${"漢{{v|truncate:1}}".repeat(190)}/` }),
  "a host of many letters": () => ({
    url: `https://${Array.from({ length: 1_000 }, (_, i) => String.fromCodePoint(0x4e00 + i * 7)).join("")}/`,
  }),
  "a long path": () => ({ url: `https://api.example.com/${"{{v|truncate:20,''|raw}}/".repeat(160)}` }),
  "climbing paths": () => ({
    url: `https://api.example.com${"/..".repeat(600)}/${"{{none}}".repeat(250)}/{{v|truncate:9000,''|raw}}`,
  }),
  "spaces at a URL's end": () => ({ url: "https://api.example.com/{{v|raw}}" }),
  "all fields filled": (value) => ({
    ...typed("text/xml", `{{${value}}}`),
    body: `<a b='{{v|truncate:90}}'>${"&".repeat(40)}`.repeat(700),
  }),
};

/** Everything that was thought of, with every value. */
export function* thoughtOf(): Generator<Hostile> {
  for (const [value, json] of Object.entries(VALUES)) {
    const attributes = attributesWith(json);
    const event = eventOf(attributes);
    for (const [name, make] of Object.entries(THOUGHT_OF))
      yield { name: `${name}, ${value}`, webhook: accepted(make("v")), event, attributes };
  }
}

/** One that was thrown together. */
export function thrown(seed: number): Hostile {
  const roll = dice(seed);
  const values = Object.keys(VALUES);
  const value = pick(values, roll);
  // Of a date only a date is made, and short fields are cut to fit: else nearly everything would end in its first fault.
  const placeholder = (short: boolean): string => {
    const dates = roll(8) === 0;
    const name = dates ? "event.time" : pick(["v", "event.id", "event.id", "none", "v.a.0", "v.0", "v.k1"], roll);
    const chain = Array.from({ length: roll(short ? 4 : 5) }, () => pick(FILTERS, roll));
    const cut = short || roll(2) === 0 ? [`truncate: ${String(roll(short ? 12 : 2_000))}, ""`] : [];
    return `{{${[name, ...(dates ? ['date: "%A %B %F %T"'] : []), ...chain, ...cut].join(" | ")}}}`;
  };
  const field = (longest: number, most: number, short: boolean): string => {
    const density = 1 + roll(80);
    let written = "";
    for (let count = 0; count < most; count += 1) {
      const next = pick(LITERALS, roll).repeat(roll(density)) + placeholder(short);
      if (Buffer.byteLength(written) + Buffer.byteLength(next) > longest) break;
      written += next;
    }
    return written;
  };
  const few = roll(2) === 0;
  const webhook = accepted({
    ...typed(pick(KINDS, roll), roll(3) === 0 ? undefined : ascii(field(300, 4, true))),
    url: `https://api.example.com/${ascii(field(3_000, few ? 3 : 20, true))}`,
    body: field(BODY_BYTES, few ? roll(20) : 800, !few && roll(2) === 0),
    ...(roll(2) === 0 ? {} : { headers: headers(() => ascii(field(HEADER_CHARACTERS, few ? 1 : 3, true))) }),
  });
  const attributes = attributesWith(VALUES[value] ?? "0");
  return { name: `seed ${String(seed)}, ${value}`, webhook, event: eventOf(attributes), attributes };
}

/** An ordinary webhook and event, to compare with. */
export function ordinary(): Hostile {
  const webhook = accepted({
    url: "https://api.example.com/members/{{memberId}}/mail?lang={{language}}",
    headers: [
      { key: "Content-Type", value: "application/json" },
      { key: "X-Api-Key", value: "s3cret" },
    ],
    body: '{"to":"{{memberEmail}}","points":{{points}}}',
    attributes: [{ name: "language", ifMissing: "fallback", fallback: "en" }],
  });
  const attributes =
    '{"memberId":"M-12345678901234567890","memberEmail":"ana@example.com","points":12345678901234567890}';
  return { name: "ordinary", webhook, event: eventOf(attributes), attributes };
}

function typed(type: string, more = ""): object {
  return { headers: [{ key: "Content-Type", value: type + more }] };
}

function headers(value: (index: number) => string): object[] {
  return Array.from({ length: 50 }, (_, index) => ({ key: `X-${String(index)}`, value: value(index) }));
}

function ascii(written: string): string {
  return written.replaceAll(/[^\x20-\x7e]/g, "~");
}

function pick<T>(all: readonly T[], roll: Dice): T {
  const one = all[roll(all.length)];
  if (one === undefined) throw new Error("nothing to pick from");
  return one;
}

function accepted(input: object): WebhookConfig {
  const read = parseWebhook(
    { name: "Hostile", url: "https://api.example.com/hook", ...input },
    { previous: undefined, headerCharacters: HEADER_VALUE_WHITELIST, credentialFound: false },
  );
  if (!read.ok) throw new Error(`not accepted: ${JSON.stringify(read.errors)}`);
  return read.value;
}

/** Attributes with one value, given as JSON. */
export function attributesWith(value: string): string {
  return `{"v":${value}}`;
}

/** @param attributes as JSON text */
export function eventOf(attributes: string): KlsEvent {
  const read = parseMessage(messageOf("evt-1", "rewards", attributes), new Date("2026-11-23T10:00:01Z"), "acme");
  if (read.kind !== "event") throw new Error(`not accepted: ${JSON.stringify(read)}`);
  return read.event;
}

/** The bytes of an event as they lie on the bus. */
export function messageOf(id: string, program: string, attributes: string, time = "2026-11-23T10:00:00.000Z"): Buffer {
  return Buffer.from(
    `{"specversion":"1.0","id":"${id}","source":"/kls/acme","time":"${time}","type":"com.kognitiv.loyalty.reward.issued","data":{"program":"${program}","environment":"uat","attributes":${attributes}}}`,
  );
}
