import type { ScriptsUnderTest, Run } from "./scripts-under-test.ts";
import type { Recorded } from "./recorded-az.ts";
import type { State } from "./state.ts";

/** What a run must leave the same, or may have changed: without the canaries themselves, and without how far a restart has come. */
export function picture(state: State): State {
  return { ...structuredClone(state), canaries: {}, restarting: {} };
}

/** Calls as short text: the command, for `az rest` its method and what it calls. */
export function short({ argv }: Recorded): string {
  const command = argv
    .slice(
      0,
      argv.findIndex((word) => word.startsWith("-")),
    )
    .join(" ");
  if (command !== "rest") return command;
  const value = (name: string): string => argv[argv.indexOf(name) + 1] ?? "";
  const url = value("--url").replace(/^https:\/\/[^/]+/, "");
  return `rest ${value("--method")} ${url.replace(/^.*\/(?=syncfunction|ready|webhooks|canaries|deliveries|health)/, "").replace(/\?.*/, "")}`;
}

/** Those of some calls, in {@link short} form, that change something. */
export function changing(calls: readonly string[]): string[] {
  return calls.filter((call) => /( create| set| update| delete)$|rest (post|put|patch)/.test(call));
}

/** A failure that waiting outlasts: the call is one of a wait. */
const WAITED_OUT = /^rest (get (ready|deliveries)|post syncfunctiontriggers)$/;

/**
 * Makes each call of a run fail in turn, before its effect and after it, each time from the same state. The failure must be reported, and the
 * same command once more must reach the same end as a run without failures.
 */
export async function failEverywhere(
  scripts: ScriptsUnderTest,
  command: string,
): Promise<{ told: number; waitedOut: number }> {
  const { az } = scripts;
  const beginning = structuredClone(az.state);
  const begin = (failure: typeof az.failure): void => {
    az.state = structuredClone(beginning);
    az.calls = [];
    az.failure = failure;
  };
  begin(undefined);
  await passes(scripts, command);
  const [end, calls] = [picture(az.state), az.calls.map(short)];
  let [told, waitedOut] = [0, 0];
  for (const [index, call] of calls.entries()) {
    // A call that only reads has no effect, so there is no failure after it.
    for (const effect of changing([call]).length > 0 ? (["before", "after"] as const) : (["before"] as const)) {
      begin({ call: index, effect });
      const run = await scripts.bash(command);
      const where = `call ${String(index)} (${call}), ${effect} its effect`;
      if (run.exit === 0) {
        expect([where, WAITED_OUT.test(call), run.out]).toEqual([
          where,
          true,
          expect.stringContaining("Not yet: ERROR:"),
        ]);
        waitedOut += 1;
      } else {
        expect([where, run.error]).toEqual([
          where,
          expect.stringMatching(/^(ERROR|Error): [^]*(Nothing was changed|Run the same command again)/),
        ]);
        told += 1;
        if (run.error.includes("Nothing was changed")) {
          // As it was in the beginning, so that the same command ends as the first run did.
          expect([where, picture(az.state)]).toEqual([where, picture(beginning)]);
          continue;
        }
        expect([where, run.error]).toEqual([
          where,
          expect.stringMatching(/Step \d of \d failed: .+\. Done before: .+\.\n/),
        ]);
        az.failure = undefined;
        await passes(scripts, command);
      }
      expect([where, picture(az.state)]).toEqual([where, end]);
    }
  }
  return { told, waitedOut };
}

/** Runs a command that must end well. */
export async function passes(scripts: ScriptsUnderTest, command: string): Promise<Run> {
  const run = await scripts.bash(command);
  expect({ command, exit: run.exit, error: run.error }).toEqual({ command, exit: 0, error: "" });
  return run;
}
