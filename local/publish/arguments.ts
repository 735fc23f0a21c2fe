/** The command line of `npm run publish`. */
import { parseArgs } from "node:util";
import { EVENT_TYPES, KLS_TYPE_PREFIX } from "../../shared/contract/event-types.ts";
import type { EventType } from "../../shared/contract/event-types.ts";
import { parseExact } from "../../shared/core/events/exact-json.ts";
import { jsonFaultAt } from "../../shared/core/events/json-fault.ts";
import { isObject } from "./attributes.ts";

/** What to publish; parts of the scope that are absent come from `runtime.json`. */
export interface Order {
  readonly type: EventType;
  readonly client: string | undefined;
  readonly program: string | undefined;
  readonly environment: string | undefined;
  /** Merged over the sample's; numbers keep their digits. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly count: number;
  /** Whether a webhook may be created when none matches the event. */
  readonly sample: boolean;
  /** Path of another `runtime.json`. */
  readonly runtime: string | undefined;
}

export type Command =
  | { readonly kind: "order"; readonly order: Order }
  | { readonly kind: "help" }
  /** `reason` is for the user. */
  | { readonly kind: "wrong"; readonly reason: string };

const MAX_EVENTS = 10_000;

export const HELP = `Puts sample events on the bus of the running stack (npm start) and prints each delivery as it ends.

  npm run publish -- [options]

  --type TYPE           ${EVENT_TYPES.join(", ")}
                        (default: the first)
  --attributes JSON     merged over the sample's: objects merge, everything else replaces, null too; numbers keep their digits
  --count N             1 to ${String(MAX_EVENTS)} events, each with its own id (default: 1)
  --client ID           client whose bus to use (default: acme)
  --program ID          default: rewards
  --environment ID      default: uat
  --no-sample           do not create a webhook to the development partner when none matches the event
  --runtime FILE        runtime.json of another stack (default: .local/runtime.json)
  --help

Ends when every delivery has ended or waits for a retry; Ctrl-C stops it at any time.
Exit code: 0 everything delivered; 1 something was not, no webhook matches, or the stack is not running; 2 wrong arguments; 130 Ctrl-C.

  npm run publish -- --type reward.redeemed --attributes '{"points": 5, "reward": {"name": "Tea"}}' --count 100
`;

const OPTIONS = {
  type: { type: "string" },
  attributes: { type: "string" },
  count: { type: "string" },
  client: { type: "string" },
  program: { type: "string" },
  environment: { type: "string" },
  "no-sample": { type: "boolean" },
  runtime: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

const USAGE = "Options follow two hyphens: npm run publish -- --type reward.issued";

class WrongArgument extends Error {}

/**
 * Reads the command line.
 * @param args without `node` and the script.
 * @param environment of the process: it shows which options npm took because the two hyphens were missing.
 */
export function readArguments(args: readonly string[], environment: NodeJS.ProcessEnv): Command {
  const { values, tokens } = parseArgs({
    args: [...args],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  try {
    for (const token of tokens) {
      if (token.kind === "positional") throw new WrongArgument(`Unexpected argument “${token.value}”. ${USAGE}`);
      if (token.kind === "option") checkOption(token);
    }
    const taken = Object.keys(OPTIONS).find((name) => name !== "runtime" && takenByNpm(name, environment));
    if (taken !== undefined) throw new WrongArgument(`--${taken} went to npm, not to this command. ${USAGE}`);
    if (values.help === true) return { kind: "help" };
    const order = {
      type: typeOf(textOf(values.type)),
      client: textOf(values.client),
      program: textOf(values.program),
      environment: textOf(values.environment),
      attributes: attributesOf(textOf(values.attributes)),
      count: countOf(textOf(values.count)),
      sample: values["no-sample"] !== true,
      runtime: textOf(values.runtime),
    };
    return { kind: "order", order };
  } catch (thrown) {
    if (thrown instanceof WrongArgument) return { kind: "wrong", reason: thrown.message };
    throw thrown;
  }
}

function checkOption({ name, rawName, value }: { name: string; rawName: string; value?: string | undefined }): void {
  const known = Object.entries(OPTIONS).find(([option]) => option === name)?.[1];
  if (known === undefined)
    throw new WrongArgument(
      `${rawName} is not an option; the options are ${Object.keys(OPTIONS)
        .map((option) => `--${option}`)
        .join(", ")}.`,
    );
  if (known.type === "string" && (value === undefined || value === ""))
    throw new WrongArgument(`${rawName} needs a value.`);
  if (known.type === "boolean" && value !== undefined) throw new WrongArgument(`${rawName} takes no value.`);
}

/** In `npm run publish --count=5`, npm puts the option into the environment and passes nothing on. */
function takenByNpm(option: string, environment: NodeJS.ProcessEnv): boolean {
  return environment[`npm_config_${option.replace(/^no-/, "").replaceAll("-", "_")}`] !== undefined;
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function typeOf(text: string | undefined): EventType {
  if (text === undefined) return EVENT_TYPES[0];
  const known = EVENT_TYPES.find((type) => type === text || KLS_TYPE_PREFIX + type === text);
  if (known === undefined)
    throw new WrongArgument(`--type: “${text}” is not an event type; the types are ${EVENT_TYPES.join(", ")}.`);
  return known;
}

function countOf(text: string | undefined): number {
  const count = Number(text ?? "1");
  if (!/^\d+$/.test(text ?? "1") || count < 1 || count > MAX_EVENTS)
    throw new WrongArgument(`--count: “${text ?? ""}” is not a whole number from 1 to ${String(MAX_EVENTS)}.`);
  return count;
}

function attributesOf(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = parseExact(text);
  } catch {
    throw new WrongArgument(`--attributes is not valid JSON at ${placeOf(text)}\n${excerpt(text)}`);
  }
  if (!isObject(value)) throw new WrongArgument(`--attributes must be a JSON object, such as {"points": 5}.`);
  return value;
}

function placeOf(text: string): string {
  const at = jsonFaultAt(text);
  const lines = text.slice(0, at).split("\n");
  const place = `line ${String(lines.length)}, column ${String((lines.at(-1)?.length ?? 0) + 1)}`;
  return at >= text.length ? `its end (${place}): it is incomplete.` : `${place}:`;
}

/** At most 60 characters of the line with the fault, and a mark below it. */
function excerpt(text: string): string {
  const at = jsonFaultAt(text);
  const start = Math.max(text.lastIndexOf("\n", at - 1) + 1, at - 40);
  const [line = ""] = text.slice(start, start + 60).split("\n");
  return `  ${line}\n  ${" ".repeat(at - start)}^`;
}
