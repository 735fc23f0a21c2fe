/** App roles of a token that the API asks for. */
export type Role = "Webhooks.Read" | "Webhooks.Write" | "Deliveries.Replay" | "Webhooks.Operate";
