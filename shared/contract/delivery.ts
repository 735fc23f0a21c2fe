export const DELIVERY_STATES = ["pending", "delivered", "retrying", "waiting", "failed", "canceled"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/**
 * Why an attempt was made: its event came (`first`), the schedule says so (`retry`), a person asked for it (`manual`), it is one of many
 * that are sent again (`replay`), what kept it waiting has ended (`release`), or it is to find out whether a receiver answers again (`probe`).
 */
export const TRIGGERS = ["first", "retry", "manual", "replay", "release", "probe"] as const;
export type Trigger = (typeof TRIGGERS)[number];
