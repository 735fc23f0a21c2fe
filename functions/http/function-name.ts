/** Name of the catch-all: behind every name that {@link functionName} gives, as long as no path of ours begins with `zz`. */
export const LAST_NAME = "zz-unknown-path";

/**
 * Name of the function that answers a path: its segments, a literal after `-`, a parameter as `_id`, whatever it is called.
 *
 *     webhooks             webhooks
 *     webhooks/preview     webhooks-preview
 *     webhooks/{id}        webhooks_id
 *     webhooks/{id}/pause  webhooks_id-pause
 *     openapi.json         openapi-json
 *
 * The Functions host tries routes in the order of the functions' names, ignoring case, and takes the first that matches; more exact ones do
 * not win there. `_` sorts behind `-` and behind every letter, so a literal always comes before a parameter that would match it, in every
 * segment, whatever is added later. Paths that differ only in what their parameters are called get one name, which registration refuses.
 * @param path a route below the base or below a scope, without a catch-all; literals of letters, digits, `-` and `.`
 */
export function functionName(path: string): string {
  const [first = "", ...rest] = path.split("/");
  return literal(first) + rest.map((segment) => (segment.startsWith("{") ? "_id" : `-${literal(segment)}`)).join("");
}

function literal(segment: string): string {
  return segment.toLowerCase().replaceAll(".", "-");
}
