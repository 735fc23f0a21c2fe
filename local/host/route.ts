import { constraintTest } from "./route-constraints.ts";

interface RouteValue {
  readonly name: string;
  readonly optional: boolean;
  readonly accepts: (value: string) => boolean;
}

interface Segment {
  /** 1 literal, 2 literal and parameters mixed, 3 parameter with constraint, 4 parameter, 5 catch-all: the order of ASP.NET. */
  readonly rank: number;
  readonly pattern: RegExp;
  readonly values: readonly RouteValue[];
  readonly catchAll: boolean;
}

/** A route template such as `api/clients/{client}/things/{id:int?}`, ready to match. */
export interface Route {
  readonly template: string;
  readonly segments: readonly Segment[];
}

/**
 * Reads a route template as ASP.NET Core does: `{x}`, `{x?}`, `{*rest}`, `{x:constraint}`, `{x=default}` is not done.
 * @throws for an unknown constraint, a default value, unbalanced braces or a catch-all that is not last.
 */
export function parseRoute(template: string): Route {
  const texts = template === "" ? [] : template.split("/");
  const segments = texts.map((text) => parseSegment(text, template));
  const early = segments.slice(0, -1);
  if (early.some((segment) => segment.catchAll)) throw new Error(`Route '${template}': a catch-all must be the last segment.`);
  return { template, segments };
}

/**
 * The values of the route's parameters, or undefined when `path` (undecoded, without query) is another one. Letter case of
 * literals does not matter; a parameter that is absent is left out.
 */
export function matchRoute(route: Route, path: string): Readonly<Record<string, string>> | undefined {
  const parts = path.replace(/^\/|\/$/g, "").split("/").map(decodePart);
  if (parts.length === 1 && parts[0] === "") parts.length = 0;
  const values: Record<string, string> = {};
  for (const [index, segment] of route.segments.entries()) {
    const rest = parts.slice(index);
    if (segment.catchAll) {
      const [value] = segment.values;
      const joined = rest.join("/");
      if (!value || (joined !== "" && !value.accepts(joined))) return undefined;
      if (joined !== "") values[value.name] = joined;
      return values;
    }
    const part = rest[0];
    if (part === undefined || part === "") {
      if (rest.length === 0 && segment.values.length === 1 && segment.values[0]?.optional === true) continue;
      return undefined;
    }
    const found = segment.pattern.exec(part);
    if (!found) return undefined;
    for (const [at, value] of segment.values.entries()) {
      const text = found[at + 1] ?? "";
      if (!value.accepts(text)) return undefined;
      values[value.name] = text;
    }
  }
  return parts.length > route.segments.length ? undefined : values;
}

/** Sorts routes so that the first match is the one ASP.NET takes: literal before parameter before catch-all, left to right. */
export function compareRoutes(a: Route, b: Route): number {
  const length = Math.max(a.segments.length, b.segments.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (a.segments[index]?.rank ?? 0) - (b.segments[index]?.rank ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function parseSegment(text: string, template: string): Segment {
  const values: RouteValue[] = [];
  let pattern = "";
  let rest = text;
  let literal = false;
  let constrained = false;
  let catchAll = false;
  while (rest !== "") {
    const plain = /^[^{}]+/.exec(rest)?.[0];
    if (plain !== undefined) {
      literal = true;
      pattern += plain.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
      rest = rest.slice(plain.length);
      continue;
    }
    const found = /^\{(\*{0,2})([A-Za-z_][\w-]*)((?::[^{}:()]+(?:\([^()]*\))?)*)(\??)\}/.exec(rest);
    if (!found) throw new Error(`Route '${template}' cannot be read at '${rest}'.`);
    const [whole, stars = "", name = "", constraints = "", mark = ""] = found;
    catchAll ||= stars !== "";
    constrained ||= constraints !== "";
    const tests = constraints === "" ? [] : constraints.slice(1).split(":").map((one) => constraintTest(one, template));
    values.push({ name, optional: mark === "?", accepts: (value) => tests.every((test) => test(value)) });
    pattern += "(.+?)";
    rest = rest.slice(whole.length);
  }
  const mixed = values.length > 1 || (values.length === 1 && literal);
  if (mixed && catchAll) throw new Error(`Route '${template}': a catch-all must be a segment of its own.`);
  const rank = values.length === 0 ? 1 : mixed ? 2 : catchAll ? 5 : constrained ? 3 : 4;
  return { rank, pattern: new RegExp(`^${pattern}$`, "is"), values, catchAll };
}

/** Decodes a path part; an encoded slash stays encoded, as Kestrel leaves it. */
function decodePart(part: string): string {
  return part.split(/(%2f)/i).map((piece) => (/^%2f$/i.test(piece) ? piece : decodeURIComponent(piece))).join("");
}
