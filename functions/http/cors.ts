import type { HttpRequest } from "@azure/functions";

/**
 * CORS: pages of the origins in `CORS_ORIGINS`, and no others, may call the API with a token and read the answer.
 *
 * Azure may answer CORS before us (`siteConfig.cors`). On Flex Consumption the Functions host does it with ASP.NET's own middleware: preflights then
 * never get here; on other answers it replaces `Access-Control-Allow-Origin`, so that it never occurs twice, and keeps our
 * `Access-Control-Expose-Headers`, for which the platform has no setting.
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol; Azure/azure-functions-host: JobHostCorsMiddleware, CorsOptionsSetup; ASP.NET Core: CorsService.ApplyResult
 */

/** Request headers that pages may send. */
const TAKEN = ["Accept", "Authorization", "Content-Type", "If-Match", "If-None-Match", "X-Request-Id"];
/** Response headers that pages may read in addition to those that they always may. */
const EXPOSED = "ETag, Location, Retry-After, X-Request-Id";
/** For a path that does not exist: its 404 must be readable too. */
const ALL_METHODS = "GET, POST, PUT, DELETE";
/** How long a browser may cache a preflight, in seconds: the longest that Chromium accepts. */
const MAX_AGE_SECONDS = 7_200;

/**
 * The headers of every response. Always `Vary`: a cache must not give one origin what was meant for another.
 * @param origins as browsers write them; compared exactly
 */
export function corsHeaders(request: HttpRequest, origins: ReadonlySet<string>): Record<string, string> {
  const origin = allowedOrigin(request, origins);
  if (origin === undefined) return { vary: "Origin" };
  return { vary: "Origin", "access-control-allow-origin": origin, "access-control-expose-headers": EXPOSED };
}

/**
 * The headers of a 204 to a preflight of an allowed origin, in addition to {@link corsHeaders}; undefined for any other request.
 * @param allow methods of the path, as in `Allow`; undefined for a path that does not exist
 */
export function preflightHeaders(
  request: HttpRequest,
  origins: ReadonlySet<string>,
  allow: string | undefined,
): Record<string, string> | undefined {
  const { method, headers } = request;
  if (method !== "OPTIONS" || !headers.has("access-control-request-method")) return undefined;
  if (allowedOrigin(request, origins) === undefined) return undefined;
  const asked = (headers.get("access-control-request-headers") ?? "").toLowerCase().split(",");
  const granted = TAKEN.filter((name) => asked.some((one) => one.trim() === name.toLowerCase()));
  return {
    "access-control-allow-methods": allow ?? ALL_METHODS,
    ...(granted.length === 0 ? {} : { "access-control-allow-headers": granted.join(", ") }),
    "access-control-max-age": String(MAX_AGE_SECONDS),
  };
}

function allowedOrigin(request: HttpRequest, origins: ReadonlySet<string>): string | undefined {
  const origin = request.headers.get("origin");
  return origin !== null && origins.has(origin) ? origin : undefined;
}
