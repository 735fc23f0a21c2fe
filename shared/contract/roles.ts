/** App roles of a token that the API asks for. */
export const ROLES = ["Webhooks.Read", "Webhooks.Write", "Deliveries.Replay", "Webhooks.Operate"] as const;

export type Role = (typeof ROLES)[number];
