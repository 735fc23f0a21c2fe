/** What `npm run publish` was asked to do. */
import { parseArgs } from "node:util";
import { EVENT_TYPES, KLS_TYPE_PREFIX } from "../../shared/contract/event-types.ts";
import type { EventType } from "../../shared/contract/event-types.ts";
import { parseExact } from "../../shared/core/events/exact-json.ts";
import { jsonFaultAt } from "../../shared/core/events/json-fault.ts";
import { isObject } from "./attributes.ts";

/** What to publish; a part of the scope that is absent is that of `runtime.json`. */
export interface Order {
  readonly type: EventType;
  readonly client: string | undefined;
  readonly program: string | undefined;
  readonly environment: string | undefined;
  /** Put over those of the sample; numbers keep their digits. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly count: number;
  /** Whether a webhook may be created when none wants the event. */
  readonly sample: boolean;
  /** Path of another `runtime.json`. */
  readonly runtime: string | undefined;
}

export type Asked =
  | { readonly kind: "order"; readonly order: Order }
  | { readonly kind: "help" }
  /** `reason` is for the person who typed it. */
  | { readonly kind: "wrong"; readonly reason: string };

const MOST_EVENTS = 10_000;

export const HELP = `Puts sample events on the bus of the running stack (npm start) and prints each delivery as it ends.

  npm run publish -- [options]

  --type TYPE           ${EVENT_TYPES.join(", ")}
                        (the first by default)
  --attributes JSON     put over the sample's: objects are merged, null and all else replace; numbers keep their digits
  --count N             1 to ${String(MOST_EVENTS)} events, each with an id of its own (1)
  --client ID           whose bus (acme)
  --program ID          (rewards)
  --environment ID      (uat)
  --no-sample           when no webhook wants the event, end; without it a webhook to the development partner is created
  --runtime FILE        of another stack (.local/runtime.json)
  --help

Ends when every delivery has ended or will be tried again later; Ctrl-C ends it at any time.
Exit code: 0 all was delivered; 1 something was not, no webhook wants the event, or the stack does not run; 2 these arguments; 130 Ctrl-C.

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

const LIKE_THIS = "Options follow two hyphens: npm run publish -- --type reward.issued";

class WrongArgument extends Error {}

/**
 * Reads the command line.
 * @param args without `node` and the script.
 * @param environment of the process: it shows what npm took for itself because the two hyphens were forgotten.
 */
export function readArguments(args: readonly string[], environment: NodeJS.ProcessEnv): Asked {
  const { values, tokens } = parseArgs({
    args: [...args],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  try {
    for (const token of tokens) {
      if (token.kind === "positional") throw new WrongArgument(`“${token.value}” was not expected. ${LIKE_THIS}`);
      if (token.kind === "option") checkOption(token);
    }
    const eaten = Object.keys(OPTIONS).find((name) => name !== "runtime" && takenByNpm(name, environment));
    if (eaten !== undefined) throw new WrongArgument(`npm took --${eaten} for itself. ${LIKE_THIS}`);
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
      `${rawName} is not an option; there are ${Object.keys(OPTIONS)
        .map((option) => `--${option}`)
        .join(", ")}.`,
    );
  if (known.type === "string" && (value === undefined || value === ""))
    throw new WrongArgument(`${rawName} needs a value.`);
  if (known.type === "boolean" && value !== undefined) throw new WrongArgument(`${rawName} takes no value.`);
}

/** `npm run publish --count=5`, without the hyphens: npm puts it into the environment and hands nothing over. */
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
    throw new WrongArgument(`--type: “${text}” is not an event type; there are ${EVENT_TYPES.join(", ")}.`);
  return known;
}

function countOf(text: string | undefined): number {
  const count = Number(text ?? "1");
  if (!/^\d+$/.test(text ?? "1") || count < 1 || count > MOST_EVENTS)
    throw new WrongArgument(`--count: “${text ?? ""}” is not a whole number from 1 to ${String(MOST_EVENTS)}.`);
  return count;
}

function attributesOf(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = parseExact(text);
  } catch {
    throw new WrongArgument(`--attributes is not JSON: it goes wrong at ${placeOf(text)}\n${excerpt(text)}`);
  }
  if (!isObject(value)) throw new WrongArgument(`--attributes must be a JSON object, such as {"points": 5}.`);
  return value;
}

function placeOf(text: string): string {
  const at = jsonFaultAt(text);
  const lines = text.slice(0, at).split("\n");
  const place = `line ${String(lines.length)}, column ${String((lines.at(-1)?.length ?? 0) + 1)}`;
  return at >= text.length ? `its end (${place}): something is missing there.` : `${place}:`;
}

/** The line of the fault with a mark under it; 60 characters of it at most. */
function excerpt(text: string): string {
  const at = jsonFaultAt(text);
  const start = Math.max(text.lastIndexOf("\n", at - 1) + 1, at - 40);
  const [line = ""] = text.slice(start, start + 60).split("\n");
  return `  ${line}\n  ${" ".repeat(at - start)}^`;
}
