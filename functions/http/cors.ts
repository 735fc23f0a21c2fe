import type { HttpRequest } from "@azure/functions";

/**
 * What browsers are told, so that pages of the origins in `CORS_ORIGINS`, and of no others, may call the API with a token and read the answer.
 *
 * Azure may answer CORS before us (`siteConfig.cors`). On Flex Consumption the Functions host does it with ASP.NET's own middleware: a preflight
 * then never comes here; on other answers it sets `Access-Control-Allow-Origin` anew, so that it is never there twice, and leaves ours of
 * `Access-Control-Expose-Headers`, for which the platform has no setting.
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol; Azure/azure-functions-host: JobHostCorsMiddleware, CorsOptionsSetup; ASP.NET Core: CorsService.ApplyResult
 */

/** Headers of requests that we take. */
const TAKEN = ["Accept", "Authorization", "Content-Type", "If-Match", "If-None-Match", "X-Request-Id"];
/** Headers of answers that a page may read beside those that it always may. */
const EXPOSED = "ETag, Location, Retry-After, X-Request-Id";
/** Methods of a path that is none: its 404 is to be readable too. */
const ALL_METHODS = "GET, POST, PUT, DELETE";
/** How long a browser may go by a preflight, in seconds; the longest that Chromium takes. */
const MAX_AGE_SECONDS = 7_200;

/**
 * The headers of every answer. Always `Vary`: what answers one origin must not be kept for another.
 * @param origins as browsers write them; compared exactly
 */
export function corsHeaders(request: HttpRequest, origins: ReadonlySet<string>): Record<string, string> {
  const origin = allowedOrigin(request, origins);
  if (origin === undefined) return { vary: "Origin" };
  return { vary: "Origin", "access-control-allow-origin": origin, "access-control-expose-headers": EXPOSED };
}

/**
 * What a preflight of an allowed origin is told beside {@link corsHeaders}, with 204; undefined for any other request, which goes its way.
 * @param allow methods of the path, as in `Allow`; undefined for a path that is none
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
