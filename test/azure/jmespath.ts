/**
 * The part of JMESPath (jmespath.org/specification.html) that `az --query` gets from the scripts and the documents: fields, indexes,
 * projections by list, flattening and filter, multiselects, pipes, comparisons, raw and JSON literals, and a few functions.
 * Anything else throws, so that no query passes here that was never evaluated. Results agree with Python's jmespath 1.0.1.
 */
import { type Json, fieldOf, parseJson } from "./json.ts";

type Evaluate = (value: Json) => Json;
/** A node; a projection's right side is applied to each element, which `spread` tells. */
interface Node {
  readonly run: Evaluate;
  readonly spread?: boolean;
}

const TOKEN =
  /\s*(?:([A-Za-z_]\w*)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`|(-?\d+)|(\[\?|\[\]|\[\*\]|&&|\|\||[=!<>]=|[.[\]{}(),:|!<>@]))/y;

interface Token {
  readonly kind: "name" | "raw" | "literal" | "number" | "sign" | "end";
  readonly text: string;
}

function tokens(query: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  const text = query.trimEnd();
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new Error(`The query cannot be read at character ${String(at)}: ${query}`);
    const [, name, quoted, raw, literal, number, sign] = match;
    if (name !== undefined) found.push({ kind: "name", text: name });
    else if (quoted !== undefined) found.push({ kind: "name", text: quoted });
    else if (raw !== undefined) found.push({ kind: "raw", text: raw.replaceAll("\\'", "'") });
    else if (literal !== undefined) found.push({ kind: "literal", text: literal });
    else if (number !== undefined) found.push({ kind: "number", text: number });
    else found.push({ kind: "sign", text: sign ?? "" });
  }
  return [...found, { kind: "end", text: "" }];
}

const isFalse = (value: Json): boolean =>
  value === null ||
  value === false ||
  value === "" ||
  (typeof value === "object" && (Array.isArray(value) ? value : Object.keys(value)).length === 0);

const same = (one: Json, other: Json): boolean => JSON.stringify(one) === JSON.stringify(other);

const COMPARE: Readonly<Record<string, (one: Json, other: Json) => Json>> = {
  "==": same,
  "!=": (one, other) => !same(one, other),
  "<": (one, other) => (typeof one === "number" && typeof other === "number" ? one < other : null),
  ">": (one, other) => (typeof one === "number" && typeof other === "number" ? one > other : null),
  "<=": (one, other) => (typeof one === "number" && typeof other === "number" ? one <= other : null),
  ">=": (one, other) => (typeof one === "number" && typeof other === "number" ? one >= other : null),
};

function wrong(name: string, args: readonly Json[]): never {
  throw new Error(`In function ${name}(), invalid type for value: ${JSON.stringify(args)}`);
}

const FUNCTIONS: Readonly<Record<string, (args: Json[]) => Json>> = {
  length: (args) => {
    const [value = null] = args;
    return typeof value === "string" || Array.isArray(value) ? value.length : wrong("length", args);
  },
  starts_with: (args) => {
    const [text = null, prefix = null] = args;
    return typeof text === "string" && typeof prefix === "string"
      ? text.startsWith(prefix)
      : wrong("starts_with", args);
  },
  join: (args) => {
    const [glue = null, list = null] = args;
    if (typeof glue !== "string" || !Array.isArray(list)) return wrong("join", args);
    return list.map((item) => (typeof item === "string" ? item : wrong("join", args))).join(glue);
  },
};

/** The answer to `query` about `value`. @throws Error when the query is no JMESPath, or uses what is not known here. */
export function search(query: string, value: Json): Json {
  const parser = new Parser(tokens(query), query);
  return parser.whole()(value);
}

class Parser {
  private at = 0;
  private readonly list: readonly Token[];
  private readonly query: string;

  constructor(list: readonly Token[], query: string) {
    this.list = list;
    this.query = query;
  }

  whole(): Evaluate {
    const run = this.pipe();
    if (this.peek().kind !== "end") this.stop();
    return run;
  }

  private peek(): Token {
    return this.list[this.at] ?? { kind: "end", text: "" };
  }

  private stop(): never {
    throw new Error(`The query is wrong at '${this.peek().text}': ${this.query}`);
  }

  private takes(sign: string): boolean {
    const { kind, text } = this.peek();
    if (kind !== "sign" || text !== sign) return false;
    this.at += 1;
    return true;
  }

  private needs(sign: string): void {
    if (!this.takes(sign)) this.stop();
  }

  private name(): string {
    const { kind, text } = this.peek();
    if (kind !== "name") this.stop();
    this.at += 1;
    return text;
  }

  private pipe(): Evaluate {
    let run = this.either();
    while (this.takes("|")) {
      const [left, right] = [run, this.either()];
      run = (value) => right(left(value));
    }
    return run;
  }

  private either(): Evaluate {
    let run = this.both();
    while (this.takes("||")) {
      const [left, right] = [run, this.both()];
      run = (value) => (isFalse(left(value)) ? right(value) : left(value));
    }
    return run;
  }

  private both(): Evaluate {
    let run = this.compared();
    while (this.takes("&&")) {
      const [left, right] = [run, this.compared()];
      run = (value) => (isFalse(left(value)) ? left(value) : right(value));
    }
    return run;
  }

  private compared(): Evaluate {
    if (this.takes("!")) {
      const inner = this.compared();
      return (value) => isFalse(inner(value));
    }
    const left = this.path();
    const compare = this.peek().kind === "sign" ? COMPARE[this.peek().text] : undefined;
    if (!compare) return left;
    this.at += 1;
    const right = this.path();
    return (value) => compare(left(value), right(value));
  }

  /** A first part, then whatever hangs on it: `.field`, `.[…]`, `[0]`, `[]`, `[?…]`. */
  private path(): Evaluate {
    let run = this.first();
    for (;;) {
      const next = this.hanging();
      if (!next) return run;
      const left = run;
      if (!next.spread) {
        run = (value) => next.run(left(value));
        continue;
      }
      // A projection: the rest of this path is asked of each element, and what answers null is left out.
      const rest = this.rest();
      return (value) => {
        const list = next.run(left(value));
        return Array.isArray(list) ? rest(list) : null;
      };
    }
  }

  private rest(): (list: Json[]) => Json {
    const steps: Node[] = [];
    for (let next = this.hanging(); next; next = this.hanging()) steps.push(next);
    const apply = (list: Json[], from: number): Json[] => {
      const index = steps.findIndex(({ spread }, at) => at >= from && spread === true);
      const single = steps.slice(from, index < 0 ? steps.length : index);
      const each = list.map((item) => single.reduce((value, step) => step.run(value), item));
      const kept = each.filter((item) => item !== null);
      const spread = steps[index];
      if (index < 0 || !spread) return kept;
      if (spread === FLATTEN) return apply(flat(kept), index + 1);
      return kept.flatMap((item) => {
        const inner = spread.run(item);
        return Array.isArray(inner) ? [apply(inner, index + 1)] : [];
      });
    };
    return (list) => apply(list, 0);
  }

  private first(): Evaluate {
    const { kind, text } = this.peek();
    if (kind === "raw" || kind === "literal") {
      this.at += 1;
      const literal = kind === "raw" ? text : parseJson(text);
      return () => literal;
    }
    if (kind === "name") return this.named();
    if (this.takes("@")) return (value) => value;
    if (this.takes("(")) {
      const inner = this.pipe();
      this.needs(")");
      return inner;
    }
    if (this.takes("{")) return this.hash();
    if (this.takes("[")) {
      if (this.peek().kind !== "number") return this.multi();
      this.at -= 1;
    }
    // `[]`, `[*]`, `[?…]` and `[0]` at the front hang on the value itself.
    if (["[", "[]", "[*]", "[?"].includes(text)) return (value) => value;
    return this.stop();
  }

  private named(): Evaluate {
    const name = this.name();
    if (!this.takes("(")) return (value) => fieldOf(value, name);
    const called = FUNCTIONS[name];
    if (!called) throw new Error(`Unknown function: ${name}() in ${this.query}`);
    const args: Evaluate[] = [];
    while (!this.takes(")")) {
      args.push(this.pipe());
      if (this.peek().text !== ")") this.needs(",");
    }
    return (value) => called(args.map((arg) => arg(value)));
  }

  private multi(): Evaluate {
    const items = [this.pipe()];
    while (this.takes(",")) items.push(this.pipe());
    this.needs("]");
    return (value) => (value === null ? null : items.map((item) => item(value)));
  }

  private hash(): Evaluate {
    const items: [string, Evaluate][] = [];
    do {
      const name = this.name();
      this.needs(":");
      items.push([name, this.pipe()]);
    } while (this.takes(","));
    this.needs("}");
    return (value) => (value === null ? null : Object.fromEntries(items.map(([name, item]) => [name, item(value)])));
  }

  private hanging(): Node | undefined {
    if (this.takes(".")) {
      if (this.takes("[")) return { run: this.multi() };
      if (this.takes("{")) return { run: this.hash() };
      return { run: this.named() };
    }
    if (this.takes("[]")) return FLATTEN;
    if (this.takes("[*]")) return { spread: true, run: (value) => (Array.isArray(value) ? value : null) };
    if (this.takes("[?")) {
      const keep = this.pipe();
      this.needs("]");
      const run = (value: Json) => (Array.isArray(value) ? value.filter((item) => !isFalse(keep(item))) : null);
      return { spread: true, run };
    }
    if (!this.takes("[")) return undefined;
    const { kind, text } = this.peek();
    if (kind !== "number") this.stop();
    this.at += 1;
    this.needs("]");
    return { run: (value) => (Array.isArray(value) ? (value.at(Number(text)) ?? null) : null) };
  }
}

const flat = (list: Json[]): Json[] => list.flatMap((item) => (Array.isArray(item) ? item : [item]));
const FLATTEN: Node = { spread: true, run: (value) => (Array.isArray(value) ? flat(value) : null) };
