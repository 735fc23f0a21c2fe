import type { ReadinessDeps } from "../shared/management/readiness.ts";
import { checkReadiness, shownClients } from "../shared/management/readiness.ts";
import type { Registration, RouteDeps } from "./http/route.ts";
import { openRoute, operatorView } from "./http/route.ts";

/** `GET /api/health`, open to all: the app runs. It asks nothing else, so that a probe never costs more than an answer. */
export function aliveRoute(version: string, deps: Pick<RouteDeps, "logFor" | "corsOrigins">): Registration {
  return openRoute("health", () => Promise.resolve({ status: 200, body: { status: "alive", version } }), deps);
}

/** `GET /api/health/ready`, for operators: whether everything that a delivery leans on answers now. 200, or 503 with what does not. */
export function readyRoute(deps: RouteDeps & ReadinessDeps): Registration {
  return operatorView(
    "health/ready",
    {
      query: ["client"],
      run: async ({ caller, query }) => {
        const readiness = await checkReadiness(deps, shownClients(caller, query.get("client"), deps));
        return { status: readiness.status === "ready" ? 200 : 503, body: readiness };
      },
    },
    deps,
  );
}
