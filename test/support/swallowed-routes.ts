import { inHostOrder } from "../../local/host/http/function-order.ts";
import { matchRoute, parseRoute } from "../../local/host/http/route.ts";

interface NamedRoute {
  readonly name: string;
  readonly route: string;
}

/**
 * Every pair of routes of which the host would try the wrong one first: both match a path, and the one with the earlier name is not the more
 * exact one, so that it swallows the other's requests. One line for each, with both names; empty when all is well.
 */
export function swallowed(routes: readonly NamedRoute[]): string[] {
  const ordered = inHostOrder(routes);
  return ordered.flatMap((earlier, index) =>
    ordered.slice(index + 1).flatMap((later) => {
      const path = sharedPath(earlier.route, later.route);
      if (path === undefined || moreExact(earlier.route, later.route)) return [];
      return [`${earlier.name} (${earlier.route}) swallows /${path} of ${later.name} (${later.route})`];
    }),
  );
}

/** A path that both routes match; undefined when there is none. */
function sharedPath(one: string, other: string): string | undefined {
  const [first, second] = [one.split("/"), other.split("/")];
  const length = Math.max(first.length, second.length);
  // Segments that a parameter may have beside those that the other route names: of every kind that a constraint distinguishes.
  for (const filler of ["x", "1", "true", "00000000-0000-0000-0000-000000000000"]) {
    const segments = Array.from({ length }, (_, at) => exampleOf(first[at]) ?? exampleOf(second[at]) ?? filler);
    // An optional parameter or a catch-all may match nothing.
    for (const path of [segments.join("/"), segments.slice(0, -1).join("/")]) {
      if (matchRoute(parseRoute(one), path) && matchRoute(parseRoute(other), path)) return path;
    }
  }
  return undefined;
}

/** The first segment in which two routes differ in kind decides: end of the path, literal, mixed, constrained parameter, parameter, catch-all. */
function moreExact(one: string, other: string): boolean {
  const [segments, others] = [one.split("/"), other.split("/")];
  const at = Array.from({ length: Math.max(segments.length, others.length) }, (_, index) => index).find(
    (index) => kindOf(segments[index]) !== kindOf(others[index]),
  );
  return at !== undefined && kindOf(segments[at]) < kindOf(others[at]);
}

/** The text of a literal, an example of a mixed segment; undefined for a parameter and beyond the end. */
function exampleOf(segment: string | undefined): string | undefined {
  return segment === undefined || kindOf(segment) > 1 ? undefined : segment.replaceAll(/\{[^{}]*\}/g, "x");
}

function kindOf(segment: string | undefined): number {
  if (segment === undefined) return -1;
  if (!segment.includes("{")) return 0;
  if (!/^\{[^{}]*\}$/.test(segment)) return 1;
  if (segment.startsWith("{*")) return 4;
  return segment.includes(":") ? 2 : 3;
}
