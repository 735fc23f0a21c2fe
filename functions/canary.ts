import type { CanaryDeps } from "../shared/management/canary.ts";
import { publishCanary } from "../shared/management/canary.ts";
import type { Registration, RouteDeps } from "./http/route.ts";
import { resource } from "./http/route.ts";

/** `POST …/programs/canary/environments/{environment}/canaries`, for operators: sends an event of no member through the client's bus. */
export function canaryRoute(deps: RouteDeps & CanaryDeps): Registration {
  return resource(
    "canaries",
    {
      POST: {
        role: "Webhooks.Operate",
        run: async ({ scope }) => ({ status: 202, body: await publishCanary(scope, deps) }),
      },
    },
    deps,
  );
}
