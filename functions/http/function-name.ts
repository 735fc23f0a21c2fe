/** Where the API lives; everything else below the host is free for other things, such as a page under `ui/`. */
export const API = "api";

/** The one base of all resources: the scope is in every path. */
export const SCOPE = `${API}/clients/{client}/programs/{program}/environments/{environment}`;

/** Name of the catch-all. It sorts after every name that {@link functionName} gives, as long as no path of ours begins with `zz`. */
export const LAST_NAME = "zz-unknown-path";

/**
 * Name of the function that answers a path: its segments below the scope, or below `api`; a literal after `-`, a parameter as `_id`, whatever it is
 * called. Other roots are part of the name.
 *
 *     api/openapi.json          openapi-json
 *     …/webhooks                webhooks
 *     …/webhooks/preview        webhooks-preview
 *     …/webhooks/{id}           webhooks_id
 *     …/webhooks/{id}/pause     webhooks_id-pause
 *     ui/{*rest}                ui_id
 *
 * The Functions host tries routes in the order of the functions' names, ignoring case, and the first match wins, however exact the others are. `_`
 * sorts after `-` and after every letter, so a literal always comes before a parameter that would match it, in every segment, whatever is added
 * later. Paths that differ only in what their parameters are called get the same name, which registration refuses.
 * @param path a route; literals of letters, digits, `-` and `.`
 */
export function functionName(path: string): string {
  const [first = "", ...rest] = below(SCOPE, path) ?? below(API, path) ?? path.split("/");
  return literal(first) + rest.map((segment) => (segment.startsWith("{") ? "_id" : `-${literal(segment)}`)).join("");
}

/** Segments of a path below a base; undefined when it is not below it. */
function below(base: string, path: string): readonly string[] | undefined {
  return path.startsWith(`${base}/`) ? path.slice(base.length + 1).split("/") : undefined;
}

function literal(segment: string): string {
  return segment.toLowerCase().replaceAll(".", "-");
}
