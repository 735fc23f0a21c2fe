export const DELIVERY_STATES = ["pending", "delivered", "retrying", "waiting", "failed", "canceled"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];
