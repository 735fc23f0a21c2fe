import { spawnSync } from "node:child_process";

/** Lines that the linter must refuse in product code, and lines that it must let pass. */
const REFUSED = [
  "export const a = (error: unknown) => String(error);",
  "export const b = (error: unknown) => (error instanceof Error ? error.message : 1);",
  "export const c = (error: Error) => error.stack;",
  "export const d = (error: SyntaxError) => error.cause;",
  'export const e = (error: object) => ("message" in error ? error.message : 1);',
  'export const f = (error: Error) => error["message"];',
  'import { z } from "zod"; export const zz = z.string();',
  'export const g = () => new Error("text");',
  "export const h = (work: Promise<number>) => { void work; };",
  "export const i = (work: Promise<number>) => { work.then((one) => one); };",
  "export const j = () => { console.log(1); };",
];
const ALLOWED = [
  "export const k = (error: { readonly message: string }) => error.message;",
  "export const l = (one: number) => String(one);",
  'import { Trouble } from "../lib/errors.ts"; export const m = (error: Trouble) => error.message;',
  "export const n = (work: Promise<number>) => { work.catch(() => 1); };",
];

test("the linter refuses raw text of errors and promises that are never handled", () => {
  const run = spawnSync(
    process.execPath,
    ["node_modules/eslint/bin/eslint.js", "--format", "json", "--stdin", "--stdin-filename", "shared/core/secret.ts"],
    { input: [...REFUSED, ...ALLOWED].join("\n"), encoding: "utf8" },
  );
  const [{ messages }] = JSON.parse(run.stdout) as [{ messages: { line: number; ruleId: string }[] }];
  const ours = new Set([
    "house/raw-error-text",
    "no-restricted-syntax",
    "@typescript-eslint/no-floating-promises",
    "no-console",
  ]);
  const lines = new Set(messages.filter(({ ruleId }) => ours.has(ruleId)).map(({ line }) => line));
  expect([...lines].toSorted((one, other) => one - other)).toEqual(REFUSED.map((_, index) => index + 1));
});
