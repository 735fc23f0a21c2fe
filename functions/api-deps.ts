import type { CanaryDeps } from "../shared/management/canary.ts";
import type { CredentialDeps } from "../shared/management/credentials.ts";
import type { DeliveryViewDeps } from "../shared/management/deliveries.ts";
import type { ReadinessDeps } from "../shared/management/readiness.ts";
import type { WebhookDeps } from "../shared/management/webhooks.ts";

/** What the stories behind the routes need, all together. */
export type ApiDeps = WebhookDeps & CredentialDeps & DeliveryViewDeps & ReadinessDeps & CanaryDeps;
