/**
 * The paths that belong to the host, whatever the functions' routes are. With an empty `routePrefix` they are all that lies beside the functions.
 * @see Azure/azure-functions-host: ScriptHost.ValidateHttpFunction, ReservedRouteGuardMiddleware, HomepageMiddleware
 */

/** Whether `path` is `/admin`, `/runtime` or below one of them: no function ever sees it, not even by a catch-all route. */
export function isReservedPath(path: string): boolean {
  return /^\/(admin|runtime)(\/|$)/i.test(path);
}

/**
 * Refuses a function's own route (without prefix) that begins as the host's paths do, `administrators` among them.
 * @throws with the text of the real host.
 */
export function refuseReservedRoute(route: string): void {
  if (/^\/*(admin|runtime)/i.test(route))
    throw new Error(`The specified route conflicts with one or more built in routes: '${route}'.`);
}

/** Answer to `/` when no function has that path; `AzureWebJobsDisableHomepage` empties it. */
export function homePage(environment: Readonly<Record<string, string | undefined>>): {
  readonly status: number;
  readonly html: string;
} {
  return /^true$/i.test(environment["AzureWebJobsDisableHomepage"] ?? "")
    ? { status: 204, html: "" }
    : { status: 200, html: "<!doctype html><title>Functions host</title><p>Your Functions host is running.</p>\n" };
}
