/** Genuine messages of ours, as anyone who may read the buses sees them. */
export interface Genuine {
  /** A retry message of the client. */
  readonly one: Buffer;
  /** Another one of the same client. */
  readonly another: Buffer;
  /** One of another client. */
  readonly foreign: Buffer;
}

const MAC = /"mac":"[^"]*",/;

/** What someone who may read the client's bus and publish on its topic can make of them, by name. None of it is ours. */
export function forgeries({ one, another, foreign }: Genuine): ReadonlyMap<string, Buffer> {
  const text = one.toString();
  const mac = MAC.exec(text)?.[0] ?? "";
  const anothersMac = MAC.exec(another.toString())?.[0] ?? "";
  const body = text.replace(mac, "");
  const [, keyId = "", code = ""] = /"v1\.([^.]+)\.([^"]+)"/.exec(mac) ?? [];
  const withMac = (value: string): string => text.replace(mac, `"mac":${value},`);
  const changed = (pattern: RegExp, to: string): string => {
    if (!pattern.test(text)) throw new Error(`Nothing in the message matches ${String(pattern)}.`);
    return text.replace(pattern, to);
  };
  const texts: Readonly<Record<string, string>> = {
    "without a mac": body,
    "an empty mac": withMac('""'),
    "a mac that is null": withMac("null"),
    "a mac cut off": withMac(`"v1.${keyId}.${code.slice(0, -1)}"`),
    "a mac too long": withMac(`"v1.${keyId}.${code}A"`),
    "a mac of zeros": withMac(`"v1.${keyId}.${"A".repeat(code.length)}"`),
    "a mac of another length in base64": withMac(`"v1.${keyId}.${"A".repeat(64)}"`),
    "a mac of another version": withMac(`"v2.${keyId}.${code}"`),
    "a mac without a key": withMac(`"v1..${code}"`),
    "a key that does not exist": withMac(`"v1.k9999.${code}"`),
    "a key that every object has": withMac(`"v1.__proto__.${code}"`),
    "the mac of another message": text.replace(mac, anothersMac),
    "the mac behind another member": `{"specversion":"1.0",${mac}${body.slice(1)}`,
    "the mac at the end": `${body.slice(0, -1)},${mac.slice(0, -1)}}`,
    "the mac twice": text.replace(mac, mac + mac),
    "a good mac behind a bad one": text.replace(mac, `"mac":"x",${mac}`),
    "white space before the mac": text.replace("{", "{ "),
    "a byte order mark before it": `\ufeff${text}`,
    "a line break behind it": `${text}\n`,
    "another attempt": changed(/"attempt":\d+/, '"attempt":7'),
    "another look": changed(/"attempt":(\d+)/, '"attempt":$1,"look":3'),
    "another delivery": changed(/"deliveryId":"dl_\d{8}/, '"deliveryId":"dl_20261122'),
    "another webhook": changed(/"webhookId":"wh_[^"]*"/, '"webhookId":"wh_0000000000000000000000000"'),
    "another program": text.replaceAll(/"program":"[^"]*"/g, '"program":"other"'),
    "another event": changed(/"id":"evt-/, '"id":"evt-x'),
    "a type not subscribed to": changed(/reward\.issued/, "reward.redeemed"),
    "another attribute": changed(/"memberId":"[^"]*"/, '"memberId":"M-2"'),
    "a doubled member": changed(/"attempt":/, '"attempt":1,"attempt":'),
    "the year 5, without a mac": yearFive(body),
    "the year 5": yearFive(text),
    "another client's": foreign.toString(),
    "only the type": '{"type":"com.kognitiv.webhooks.delivery.due"}',
    "nothing in it": `{${mac}"type":"com.kognitiv.webhooks.delivery.due","data":null}`,
  };
  return new Map(Object.entries(texts).map(([name, forged]) => [name, Buffer.from(forged)]));
}

/** Event and delivery moved to the year 5, which has no table. */
function yearFive(text: string): string {
  return text.replace(/dl_\d{8}/, "dl_00050101").replaceAll(/"time":"\d{4}-/g, '"time":"0005-');
}
