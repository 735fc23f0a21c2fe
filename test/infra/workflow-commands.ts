import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";

const permissions = z.record(z.string(), z.string());
const step = z.looseObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
});
const job = z.looseObject({
  permissions: permissions.optional(),
  environment: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
  "timeout-minutes": z.number().optional(),
  uses: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  needs: z.string().optional(),
  concurrency: z.unknown().optional(),
  steps: z.array(step).default([]),
});
const workflow = z.looseObject({
  on: z.record(z.string(), z.unknown()),
  permissions: permissions.optional(),
  concurrency: z.unknown().optional(),
  jobs: z.record(z.string(), job),
});

/** One file of `.github/workflows`. */
export interface Workflow extends z.infer<typeof workflow> {
  readonly file: string;
  readonly text: string;
}

/** Every workflow of the project. @throws when one is not of a workflow's form */
export function readWorkflows(root: string): Workflow[] {
  const folder = join(root, ".github/workflows");
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const text = readFileSync(join(folder, file), "utf8");
      return { file, text, ...workflow.parse(parse(text)) };
    });
}

/** The jobs of all workflows, each with the file that it is in. */
export function jobsOf(workflows: readonly Workflow[]) {
  return workflows.flatMap(({ file, jobs }) => Object.entries(jobs).map(([name, job]) => ({ file, name, ...job })));
}

/** A command that calls Azure: `az …` with the variables set before it, or a script of `infra/`. */
export interface AzureCommand {
  readonly file: string;
  readonly job: string;
  /** As the shell reads it, on one line; variables such as `$ENVIRONMENT` are the job's. */
  readonly line: string;
}

/** Every call of `az` and every script of `infra/` that workflows run, in order; what surrounds a call (`$(…)`, a redirection) is left off. */
export function azureCommands(workflows: readonly Workflow[]): AzureCommand[] {
  return jobsOf(workflows).flatMap(({ file, name, steps }) =>
    steps
      .flatMap(({ run }) => (run ?? "").replace(/\\\n\s*/g, " ").split("\n"))
      .flatMap((line) => [...line.matchAll(COMMAND)].map(([found]) => ({ file, job: name, line: found.trim() }))),
  );
}

/** Words, some of them in double quotes, after `az` or the path of a script. */
const COMMAND =
  /(?<![\w.$/-])(?:[A-Z_]+=(?:"[^"]*"|\w+) )?(?:az|infra\/[\w-]+\.sh)(?: (?:"[^"]*"|'[^']*'|[^\s"'()<>|;&]+))+/g;
