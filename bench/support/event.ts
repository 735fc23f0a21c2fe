/** The event of the benches, about 1 KB, and a webhook that uses nine of its values. */

const ATTRIBUTES = JSON.stringify({
  memberId: "M-12345678901234567890",
  memberEmail: "ana.garcia@example.com",
  firstName: "Ana",
  lastName: 'García "Nana" López',
  tier: "gold",
  points: 120,
  balance: 4_820.5,
  currency: "EUR",
  store: { id: "S-0042", name: "Kiosk & Café <Centro>", city: "São Paulo" },
  reward: { id: "R-7781", name: "10 % off", validUntil: "2026-12-31T23:59:59Z" },
  note: "x".repeat(240),
});

/**
 * An event as the bus delivers it.
 * @param type short name, `reward.issued`
 * @param text value of an additional attribute, for webhooks with a long body
 */
export function eventBytes(id: string, type: string, program: string, time: string, text = ""): Buffer {
  const more = text === "" ? "" : `"text":"${text}",`;
  return Buffer.from(
    `{"specversion":"1.0","id":"${id}","source":"/kls/bench","time":"${time}","type":"com.kognitiv.loyalty.${type}","data":{"program":"${program}","environment":"uat","attributes":{${more}${ATTRIBUTES.slice(1)}}}`,
  );
}

/** Input of a webhook: placeholders in URL, header and a JSON body of about 690 bytes. */
export function webhookInput(
  url: string,
  { credentialId, name, type, long }: { credentialId: string | null; name: string; type: string; long: boolean },
): object {
  return {
    name,
    eventTypes: [type],
    url: `${url}?member={{memberId}}&lang={{language}}`,
    credentialId,
    headers: [
      { key: "Content-Type", value: "application/json" },
      { key: "X-Api-Key", value: "s3cret-api-key-of-the-receiver", secret: true },
      { key: "X-Event", value: "{{event.id}}" },
    ],
    body: JSON.stringify({
      to: "{{memberEmail}}",
      greeting: "Hello {{firstName}} {{lastName}}",
      tier: "{{tier}}",
      points: "{{points}}",
      store: "{{store.name}}, {{store.city}}",
      reward: { name: "{{reward.name}}", until: "{{reward.validUntil}}" },
      text: long ? "{{text}}" : "Your reward is waiting for you in the shop of your choice. ".repeat(8),
    }),
    attributes: [{ name: "language", ifMissing: "fallback", fallback: "en" }],
  };
}
