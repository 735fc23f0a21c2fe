import { constraintTest } from "./route-constraints.ts";

interface RouteValue {
  readonly name: string;
  readonly optional: boolean;
  readonly accepts: (value: string) => boolean;
}

interface Segment {
  readonly pattern: RegExp;
  readonly values: readonly RouteValue[];
  readonly catchAll: boolean;
}

/** A parsed route template, such as `api/clients/{client}/things/{id:int?}`. */
export interface Route {
  readonly template: string;
  readonly segments: readonly Segment[];
}

/**
 * Parses a route template as ASP.NET Core does: `{x}`, `{x?}`, `{*rest}`, `{x:constraint}`; defaults (`{x=1}`) are not supported.
 * @throws for an unknown constraint, a default value, unbalanced braces or a catch-all that is not last.
 */
export function parseRoute(template: string): Route {
  const texts = template === "" ? [] : template.split("/");
  const segments = texts.map((text) => parseSegment(text, template));
  const early = segments.slice(0, -1);
  if (early.some((segment) => segment.catchAll))
    throw new Error(`Route '${template}': a catch-all must be the last segment.`);
  return { template, segments };
}

/**
 * The values of the route's parameters; undefined when `path` (not decoded, without query) does not match. Literals match in any
 * case; absent optional parameters are left out.
 */
export function matchRoute(route: Route, path: string): Readonly<Record<string, string>> | undefined {
  const parts = path
    .replace(/^\/|\/$/g, "")
    .split("/")
    .map(decodePart);
  if (parts.length === 1 && parts[0] === "") parts.length = 0;
  const values: Record<string, string> = {};
  for (const [index, segment] of route.segments.entries()) {
    const rest = parts.slice(index);
    const found = segment.catchAll ? matchRest(segment, rest.join("/")) : matchPart(segment, rest[0]);
    if (!found) return undefined;
    Object.assign(values, found);
    if (segment.catchAll) return values;
  }
  return parts.length > route.segments.length ? undefined : values;
}

type Values = Readonly<Record<string, string>>;

function matchRest(segment: Segment, rest: string): Values | undefined {
  const [value] = segment.values;
  if (!value || (rest !== "" && !value.accepts(rest))) return undefined;
  return rest === "" ? {} : { [value.name]: rest };
}

/** `part` is undefined past the end of the path, where only an optional parameter matches. */
function matchPart(segment: Segment, part: string | undefined): Values | undefined {
  if (part === undefined) return segment.values.length === 1 && segment.values[0]?.optional === true ? {} : undefined;
  const found = segment.pattern.exec(part);
  if (!found) return undefined;
  const texts = segment.values.map((value, at) => [value.name, found[at + 1] ?? ""] as const);
  const fits = segment.values.every((value, at) => value.accepts(texts[at]?.[1] ?? ""));
  return fits ? Object.fromEntries(texts) : undefined;
}

function parseSegment(text: string, template: string): Segment {
  const values: RouteValue[] = [];
  let pattern = "";
  let rest = text;
  let literal = false;
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
    if (!found) throw new Error(`Route '${template}' cannot be parsed at '${rest}'.`);
    const [whole, stars = "", name = "", constraints = "", mark = ""] = found;
    catchAll ||= stars !== "";
    values.push({ name, optional: mark === "?", accepts: acceptsAll(constraints, template) });
    pattern += "(.+?)";
    rest = rest.slice(whole.length);
  }
  const mixed = values.length > 1 || (values.length === 1 && literal);
  if (mixed && catchAll) throw new Error(`Route '${template}': a catch-all must be a whole segment.`);
  return { pattern: new RegExp(`^${pattern}$`, "is"), values, catchAll };
}

/** A test that passes when all constraints, such as `:int:min(1)`, do. */
function acceptsAll(constraints: string, template: string): (value: string) => boolean {
  const tests =
    constraints === ""
      ? []
      : constraints
          .slice(1)
          .split(":")
          .map((one) => constraintTest(one, template));
  return (value) => tests.every((test) => test(value));
}

/** Decodes a path segment; an encoded slash stays encoded, as in Kestrel. */
function decodePart(part: string): string {
  return part
    .split(/(%2f)/i)
    .map((piece) => (/^%2f$/i.test(piece) ? piece : decodeURIComponent(piece)))
    .join("");
}
