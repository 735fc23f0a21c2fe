import js from "@eslint/js";
import tseslint from "typescript-eslint";
import { rawErrorText } from "./scripts/lint/raw-error-text.mjs";

const bans = [
  {
    selector:
      "ImportDeclaration[source.value='zod'] :matches(ImportSpecifier[imported.name='z'], ImportDefaultSpecifier)",
    message: 'import * as z from "zod": the named z brings every locale into the bundle, 454 KB instead of 91 KB.',
  },
  { selector: "ExportDefaultDeclaration", message: "Named exports only: a name that can be searched for." },
  {
    selector: "MemberExpression[object.name='jest'][property.name=/^(mock|doMock|spyOn)$/]",
    message: "Pass a fake or use the real part.",
  },
];
const productBans = [
  ...bans,
  { selector: "CallExpression[callee.name='fetch']", message: "shared/outbound is the only way to the network." },
  {
    selector: "NewExpression[callee.name='Error']",
    message:
      "Throw Trouble (shared/lib/errors.ts), or a class of our own that extends it: logs show the text of no other error.",
  },
];
const pureBans = [
  ...productBans,
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: "Time arrives as an argument." },
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: "Time arrives as an argument.",
  },
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: "Chance arrives as an argument.",
  },
];

export default tseslint.config(
  { ignores: ["node_modules", "dist", ".local", "coverage", "**/*.cjs"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "no-restricted-syntax": ["error", ...bans],
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      complexity: ["error", 16],
      "@typescript-eslint/consistent-type-imports": "error",
      // Two styles of naming the same thing are no defect; index signatures and records are told apart by meaning.
      "@typescript-eslint/consistent-indexed-object-style": "off",
    },
  },
  {
    files: ["functions/**/*.ts", "shared/**/*.ts"],
    plugins: { house: { rules: { "raw-error-text": rawErrorText } } },
    rules: {
      "no-restricted-syntax": ["error", ...productBans],
      "house/raw-error-text": "error",
      // `void promise` ends nothing: a rejection that nobody takes ends the process, and every message under way with it.
      "@typescript-eslint/no-floating-promises": ["error", { ignoreVoid: false }],
      "no-console": "error",
    },
  },
  // One says what of any error may be shown, the other looks into what caused one and shows nothing.
  {
    files: ["shared/lib/readable-reason.ts", "shared/lib/passing-trouble.ts"],
    rules: { "house/raw-error-text": "off" },
  },
  {
    files: [
      "shared/contract/**/*.ts",
      "shared/lib/**/*.ts",
      "shared/core/**/*.ts",
      "shared/delivery/**/*.ts",
      "shared/management/**/*.ts",
    ],
    rules: { "no-restricted-syntax": ["error", ...pureBans], "no-restricted-globals": ["error", "process"] },
  },
  {
    files: ["shared/contract/**/*.ts"],
    rules: { "no-restricted-globals": ["error", "process", "Buffer", "setImmediate", "global"] },
  },
  {
    files: ["**/*.mjs"],
    languageOptions: { globals: { console: "readonly", process: "readonly", setInterval: "readonly" } },
  },
);
