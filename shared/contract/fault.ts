/** Kinds of failure, by who can do something about it (docs/api.md, "Deliveries"). */
export const FAULT_KINDS = [
  "template",
  "credential",
  "address-refused",
  "dns",
  "connect",
  "tls",
  "timeout",
  "status",
  "response-too-large",
  "rule",
  "webhook",
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];
