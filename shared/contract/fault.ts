import * as z from "zod";
import { orUnknown } from "./unknown.ts";

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

/** Why an attempt failed, or why a delivery is in its state, in words for whoever set the webhook up. */
export const faultSchema = z.strictObject({ kind: orUnknown(FAULT_KINDS), message: z.string() });
