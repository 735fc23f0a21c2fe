/** The demo's credentials and webhooks: one webhook of each style, for two clients. */
import type { DemoCredential, DemoWebhook } from "./scenario.ts";

const FORM = "application/x-www-form-urlencoded";

export const CREDENTIALS: readonly DemoCredential[] = [
  {
    client: "acme",
    path: "/oauth/token/acme-mail?audience=mail",
    config: {
      name: "Acme Mail, form POST",
      contentType: FORM,
      headers: [{ key: "X-Tenant", value: "acme" }],
      body: [
        { key: "grant_type", value: "client_credentials" },
        { key: "client_id", value: "kls acme" },
        { key: "client_secret", value: "s3cr&t+=%ü" },
      ],
    },
  },
  {
    client: "acme",
    path: "/oauth/token/acme-billing",
    config: {
      name: "Acme Billing, JSON POST",
      contentType: "application/json",
      body: [
        { key: "grant_type", value: "client_credentials" },
        { key: "client_id", value: "kls" },
        { key: "client_secret", value: 'b1ll"ing\\' },
      ],
      token: { path: "data.token", expiresInPath: "data.ttl", typePath: "data.kind" },
    },
  },
  {
    client: "globex",
    path: "/oauth/token/globex-ledger?tenant=7",
    config: {
      name: "Globex Ledger, GET",
      method: "GET",
      body: [
        { key: "grant_type", value: "client_credentials" },
        { key: "client_secret", value: "l3dger&q" },
      ],
      placement: { header: "X-Access-Token", prefix: "" },
    },
  },
];

export const WEBHOOKS: readonly DemoWebhook[] = [
  {
    client: "acme",
    credential: "Acme Mail, form POST",
    path: "/in/acme-mail/members/{{memberId}}/mail?lang={{language}}&name={{firstName}}",
    config: {
      name: "Acme Mail (JSON, OAuth)",
      eventTypes: ["reward.issued"],
      headers: [
        { key: "Content-Type", value: "application/json" },
        { key: "X-Api-Key", value: "k-3y-of-acme" },
      ],
      body: String.raw`{"to":"{{memberEmail}}","name":"{{firstName}}","text":"Enjoy {{reward.name}}!\n{{note}}","points":{{points}},"balance":{{ balance }},"vip":{{vip}},"middleName":{{middleName}},"tags":{{tags}}}`,
      attributes: [
        { name: "language", ifMissing: "fallback", fallback: "en" },
        { name: "memberEmail", ifMissing: "fail" },
      ],
    },
  },
  {
    client: "acme",
    path: "/in/acme-crm/soap",
    config: {
      name: "Acme CRM (SOAP, Basic)",
      eventTypes: ["reward.redeemed"],
      headers: [
        { key: "Content-Type", value: "text/xml; charset=utf-8" },
        { key: "SOAPAction", value: '"urn:acme:redeem"' },
        { key: "Authorization", value: "Basic a2xzOnMzY3JldA==" },
      ],
      body: [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>',
        '  <redeem xmlns="urn:acme" member="{{memberId}}">',
        "    <name>{{firstName}}</name><points>{{points}}</points><balance>{{balance}}</balance>",
        "    <note><![CDATA[{{note}}]]></note><middle>{{middleName}}</middle>",
        "  </redeem>",
        "</soap:Body></soap:Envelope>",
      ].join("\n"),
    },
  },
  {
    client: "acme",
    credential: "Acme Billing, JSON POST",
    path: "/in/acme-billing/rewards/{{reward.id}}/cancel?by={{memberId}}",
    config: {
      name: "Acme Billing (form, OAuth)",
      eventTypes: ["reward.canceled"],
      headers: [{ key: "Content-Type", value: FORM }],
      body: "member={{memberId}}&reward={{reward.name}}&points={{points}}&note={{note}}&middle={{middleName}}",
    },
  },
  {
    client: "acme",
    path: "/in/acme-push/send",
    config: {
      name: "Acme Push (text, fails twice)",
      eventTypes: ["reward.expirationchanged"],
      headers: [{ key: "X-Member", value: "id={{memberId}}" }],
      body: '{{firstName}}, "{{reward.name}}" is good until {{expiresAt}}.\nBalance: {{balance}}',
      retryPolicy: "fast",
    },
  },
  {
    client: "globex",
    credential: "Globex Ledger, GET",
    path: "/in/globex-ledger/{{event.program}}/{{event.environment}}?event={{event.id}}",
    config: {
      name: "Globex Ledger (JSON, all events)",
      headers: [{ key: "Content-Type", value: "application/json" }],
      body: '{"type":"{{event.type}}","points":{{points}},"reward":{{reward}},"raw":"{{reward}}"}',
    },
  },
  {
    client: "globex",
    path: "/in/globex-partner/{{reward.id}}",
    config: {
      name: "Globex Partner (SOAP, Basic)",
      eventTypes: ["reward.issued"],
      headers: [
        { key: "Content-Type", value: "application/soap+xml; charset=utf-8" },
        { key: "Authorization", value: "Basic Z3gtdXNlcjpneC1zM2NyZXQ=" },
      ],
      body: '<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Body><issued name="{{reward.name}}">{{memberEmail}}</issued></Body></Envelope>',
    },
  },
];
