/** What the benches deliver: an event of about 1 KB, and a webhook that takes nine values of it. */

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

/** The bytes of an event as they lie on the bus. @param type short, `reward.issued` */
export function eventBytes(id: string, type: string, program: string, time: string): Buffer {
  return Buffer.from(
    `{"specversion":"1.0","id":"${id}","source":"/kls/bench","time":"${time}","type":"com.kognitiv.loyalty.${type}","data":{"program":"${program}","environment":"uat","attributes":${ATTRIBUTES}}}`,
  );
}

/** A webhook as callers write it: two values in its URL, one in a header, nine in 690 bytes of JSON. */
export function webhookInput(url: string, credentialId: string | null, eventType: string): object {
  return {
    name: `Bench, ${eventType}`,
    eventTypes: [eventType],
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
      text: "Thank you for being with us. Your reward is waiting in the shop of your choice. ".repeat(6),
    }),
    attributes: [{ name: "language", ifMissing: "fallback", fallback: "en" }],
  };
}
