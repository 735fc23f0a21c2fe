/** The only event group (rule W4) and its event types (rule E1): short name of the API ↔ CloudEvents type on the bus. */
export const EVENT_GROUP = "member-rewards";

export const EVENT_TYPES = [
  "reward.issued",
  "reward.redeemed",
  "reward.canceled",
  "reward.expirationchanged",
  "reward.redemptionreversed",
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** Every event type of KLS begins with this; what follows is the short name. */
export const KLS_TYPE_PREFIX = "com.kognitiv.loyalty.";
