/** How the demo's third party behaves, and the secrets that the API must not show. */
import type { ReceiverSettings, TokenSettings } from "../partner/settings.ts";

const FORM = "application/x-www-form-urlencoded";

export const PARTNER_TOKENS: Readonly<Record<string, TokenSettings>> = {
  "acme-mail": {
    expect: {
      method: "POST",
      contentType: FORM,
      query: [["audience", "mail"]],
      headers: [["X-Tenant", "acme"]],
      body: [
        ["grant_type", "client_credentials"],
        ["client_id", "kls acme"],
        ["client_secret", "s3cr&t+=%ü"],
      ],
    },
    answer: { token: "acme-mail-token-51c2" },
  },
  "acme-billing": {
    expect: {
      method: "POST",
      contentType: "application/json",
      body: [
        ["grant_type", "client_credentials"],
        ["client_id", "kls"],
        ["client_secret", 'b1ll"ing\\'],
      ],
    },
    answer: {
      token: "acme-billing-token-77d0",
      tokenPath: "data.token",
      expiresInPath: "data.ttl",
      typePath: "data.kind",
      expiresInAsText: true,
    },
  },
  "globex-ledger": {
    expect: {
      method: "GET",
      query: [
        ["tenant", "7"],
        ["grant_type", "client_credentials"],
        ["client_secret", "l3dger&q"],
      ],
    },
    answer: { token: "globex-ledger-token-9e3b" },
  },
};

export const PARTNER_RECEIVERS: Readonly<Record<string, ReceiverSettings>> = {
  "acme-mail": { auth: { token: "acme-mail" }, answer: { status: 202, body: '{"queued":true}' } },
  "acme-crm": { answer: { body: "<ok/>" } },
  "acme-billing": { auth: { token: "acme-billing" }, answer: { status: 204 } },
  "acme-push": { faults: [{ kind: "status", status: 503, times: 2, body: "Back in a moment." }] },
  "globex-ledger": { auth: { token: "globex-ledger", header: "X-Access-Token", prefix: "" } },
  "globex-partner": {},
};

/** Secrets of webhooks and credentials, and the tokens obtained with them. */
export const SECRETS: readonly string[] = [
  "k-3y-of-acme",
  "a2xzOnMzY3JldA==",
  "Z3gtdXNlcjpneC1zM2NyZXQ=",
  "s3cr&t+=%ü",
  "l3dger&q",
  "acme-mail-token-51c2",
  "acme-billing-token-77d0",
  "globex-ledger-token-9e3b",
];
