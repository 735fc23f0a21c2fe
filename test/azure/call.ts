import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

const option = z.object({
  names: z.array(z.string()),
  values: z.enum(["none", "one", "optional", "many"]),
  required: z.boolean().optional(),
  choices: z.array(z.string()).optional(),
});
type Option = z.infer<typeof option>;
const syntax = z
  .object({ version: z.string(), commands: z.record(z.string(), z.array(option)) })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, "az-syntax.json"), "utf8")));

/** What a call of `az` ends with when it does not work: text for stderr and exit status. */
export class AzError extends Error {
  readonly exit: number;
  constructor(message: string, exit = 1) {
    super(message);
    this.exit = exit;
  }
}

/** A call whose command, options and values are as the CLI's own parser has them. */
export class Call {
  readonly command: string;
  /** First name of each option that was given, with its values. */
  private readonly given: ReadonlyMap<string, readonly string[]>;
  private readonly heeded = new Set<string>();

  constructor(command: string, given: ReadonlyMap<string, readonly string[]>) {
    this.command = command;
    this.given = given;
  }

  has(name: string): boolean {
    this.heeded.add(name);
    return this.given.has(name);
  }
  many(name: string): readonly string[] {
    this.heeded.add(name);
    return this.given.get(name) ?? [];
  }
  maybe(name: string): string | undefined {
    return this.many(name)[0];
  }
  /** Options that were given but never read: they have no effect, so nothing may rely on them. */
  unheeded(): string[] {
    return [...this.given.keys()].filter((name) => !this.heeded.has(name));
  }
  /** Value of an option that the handler needs although the parser does not. */
  one(name: string): string {
    const value = this.maybe(name);
    if (value === undefined) throw new AzError(`${this.command}: this stand-in needs ${name}`, 2);
    return value;
  }
}

/** All commands whose syntax is recorded. */
export const COMMANDS = Object.keys(syntax.commands);

/**
 * Reads a call by the recorded syntax. Stricter than the CLI in one thing: names of options are never abbreviated.
 * @throws AzError with exit status 2, as the CLI's parser ends
 */
export function readCall(argv: readonly string[]): Call {
  const command = COMMANDS.find((name) => name.split(" ").every((word, index) => argv[index] === word));
  const options = syntax.commands[command ?? ""];
  if (command === undefined || !options)
    throw new AzError(`'${unknownWord(argv)}' is misspelled or not recognized by the system.`, 2);
  const given = readOptions(command, options, argv.slice(command.split(" ").length));
  const missing = options.filter((one) => one.required && !given.has(first(one)));
  if (missing.length > 0)
    throw new AzError(
      `the following arguments are required: ${missing.map(({ names }) => names.join("/")).join(", ")}`,
      2,
    );
  return new Call(command, given);
}

/** The first word that continues no command. */
function unknownWord(argv: readonly string[]): string {
  const known = (length: number): boolean =>
    COMMANDS.some((name) => `${name} `.startsWith(`${argv.slice(0, length).join(" ")} `));
  return argv.find((_word, index) => !known(index + 1)) ?? argv.join(" ");
}

const first = ({ names }: Option): string => names[0] ?? "";

function readOptions(command: string, options: readonly Option[], words: readonly string[]): Map<string, string[]> {
  const given = new Map<string, string[]>();
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [name = "", ...joined] = word.startsWith("--") ? word.split("=") : [word];
    const found = options.find(({ names }) => names.includes(name));
    if (!found) throw new AzError(`unrecognized arguments: ${word}`, 2);
    const values = joined.length > 0 ? [joined.join("=")] : valuesAhead(found, rest);
    checkValues(command, found, values);
    given.set(first(found), values);
  }
  return given;
}

/** Takes the values that follow an option; a word that begins with a hyphen is the next option. */
function valuesAhead({ values }: Option, rest: string[]): string[] {
  const most = { none: 0, one: 1, optional: 1, many: Infinity }[values];
  const taken: string[] = [];
  while (taken.length < most && rest[0] !== undefined && !/^-\D/.test(rest[0])) taken.push(rest.shift() ?? "");
  return taken;
}

function checkValues(command: string, { names, values, choices }: Option, taken: readonly string[]): void {
  const name = names.join("/");
  if (values === "one" && taken.length !== 1) throw new AzError(`argument ${name}: expected one argument`, 2);
  if (values === "many" && taken.length === 0) throw new AzError(`argument ${name}: expected at least one argument`, 2);
  if (values === "none" && taken.length > 0)
    throw new AzError(`argument ${name}: ignored explicit argument '${taken.join(" ")}'`, 2);
  for (const value of taken) {
    if (choices && !choices.includes(value))
      throw new AzError(
        `az ${command}: '${value}' is not a valid value for '${names[0] ?? ""}'. Allowed values: ${choices.join(", ")}.`,
        2,
      );
  }
}
