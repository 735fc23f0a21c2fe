/** What an expression of the form can name. */
export type Scope = Readonly<Record<string, (...given: readonly unknown[]) => unknown>>;

class Lambda {
  readonly apply: (item: unknown) => unknown;
  constructor(apply: (item: unknown) => unknown) {
    this.apply = apply;
  }
}

type Variables = Readonly<Record<string, unknown>>;
type Value = (variables: Variables) => unknown;

const TOKEN = /\s*(?:'((?:[^']|'')*)'|(\d+)|([A-Za-z][A-Za-z0-9]*)|(=>|[().,]))/y;

interface Token {
  readonly kind: "text" | "number" | "name" | "sign";
  readonly value: string;
}

function tokens(source: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (!match) throw new Error(`Not understood at ${String(at)}: ${source.slice(at, at + 20)}`);
    const [, string, number, name, sign] = match;
    if (string !== undefined) found.push({ kind: "text", value: string.replaceAll("''", "'") });
    else if (number !== undefined) found.push({ kind: "number", value: number });
    else found.push(name === undefined ? { kind: "sign", value: sign ?? "" } : { kind: "name", value: name });
  }
  return found;
}

/**
 * Evaluates an expression of a createUiDefinition: literals, calls, properties, lambdas of one parameter.
 * @throws when it is not well formed or calls what the scope does not have
 * @see https://learn.microsoft.com/azure/azure-resource-manager/managed-applications/create-ui-definition-functions
 */
export function evaluate(expression: string, scope: Scope): unknown {
  const inner = /^\[(.*)\]$/s.exec(expression)?.[1];
  if (inner === undefined) return expression;
  const list = tokens(inner);
  let at = 0;
  const is = (value: string, ahead = 0) => list[at + ahead]?.kind === "sign" && list[at + ahead]?.value === value;
  const expect = (value: string) => {
    if (!is(value)) throw new Error(`${value} is due before ${list[at]?.value ?? "the end"} in ${expression}`);
    at += 1;
  };
  const args = (): Value[] => {
    const given: Value[] = [];
    while (!is(")")) {
      if (given.length > 0) expect(",");
      given.push(parse());
    }
    expect(")");
    return given;
  };
  const lambda = (): Value => {
    const name = list[at + 1]?.value ?? "";
    at += 4;
    const body = parse();
    return (variables) => new Lambda((item) => body({ ...variables, [name]: item }));
  };
  const primary = (): Value => {
    const token = list[at];
    if (!token || token.kind === "sign") throw new Error(`A value is due in ${expression}`);
    at += 1;
    if (token.kind === "text") return () => token.value;
    if (token.kind === "number") return () => Number(token.value);
    if (!is("(")) return (variables) => variables[token.value];
    expect("(");
    const given = args();
    const call = scope[token.value];
    if (!call) throw new Error(`There is no function ${token.value} in ${expression}`);
    return (variables) => call(...given.map((one) => one(variables)));
  };
  const parse = (): Value => {
    if (is("(") && is("=>", 3)) return lambda();
    let value = primary();
    while (is(".")) {
      at += 1;
      const [owner, name] = [value, list[at]?.value ?? ""];
      at += 1;
      value = (variables) => property(owner(variables), name);
    }
    return value;
  };
  const value = parse();
  if (at < list.length) throw new Error(`Too much at ${list[at]?.value ?? ""} in ${expression}`);
  return value({});
}

function property(owner: unknown, name: string): unknown {
  return typeof owner === "object" && owner !== null
    ? Object.entries(owner).find(([key]) => key === name)?.[1]
    : undefined;
}

const text = (value: unknown): string => {
  if (typeof value !== "string") throw new Error(`A text is due, not ${JSON.stringify(value)}.`);
  return value;
};
const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === "";

/** The functions that are the same everywhere, as the portal has them. */
export const FUNCTIONS: Scope = {
  concat: (...parts) => parts.map(text).join(""),
  parse: (value) => {
    const parsed: unknown = JSON.parse(text(value));
    return parsed;
  },
  if: (condition, yes, no) => (condition === true ? yes : no),
  empty: isEmpty,
  bool: (value) => value !== undefined && value !== 0 && value !== false && value !== "false",
  int: (value) => Math.trunc(Number(value)),
  split: (value, by) => text(value).split(text(by)),
  replace: (value, what, by) => text(value).replaceAll(text(what), text(by)),
  coalesce: (...values) => values.find((value) => value !== undefined && value !== null),
  map: (list, each) => {
    if (!Array.isArray(list) || !(each instanceof Lambda)) throw new Error("map takes a list and a lambda.");
    const rows: unknown[] = list;
    return rows.map((row) => each.apply(row));
  },
};
