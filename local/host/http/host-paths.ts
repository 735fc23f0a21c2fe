/**
 * The paths that belong to the host, whatever routes the functions have; with an empty `routePrefix` both share one space.
 * @see Azure/azure-functions-host: ScriptHost.ValidateHttpFunction, ReservedRouteGuardMiddleware, HomepageMiddleware
 */

/** Whether `path` is `/admin`, `/runtime` or below: never a function's, even with a catch-all route. */
export function isReservedPath(path: string): boolean {
  return /^\/(admin|runtime)(\/|$)/i.test(path);
}

/**
 * Rejects a function's route (without prefix) that starts like a path of the host, `administrators` included.
 * @throws with the message of the real host.
 */
export function refuseReservedRoute(route: string): void {
  if (/^\/*(admin|runtime)/i.test(route))
    throw new Error(`The specified route conflicts with one or more built in routes: '${route}'.`);
}

/** The answer to `/` when no function matches; `AzureWebJobsDisableHomepage` turns it into an empty 204. */
export function homePage(environment: Readonly<Record<string, string | undefined>>): {
  readonly status: number;
  readonly html: string;
} {
  return /^true$/i.test(environment["AzureWebJobsDisableHomepage"] ?? "")
    ? { status: 204, html: "" }
    : { status: 200, html: "<!doctype html><title>Functions host</title><p>Your Functions host is running.</p>\n" };
}
