import js from "@eslint/js";
import tseslint from "typescript-eslint";

const bans = [
  { selector: "ExportDefaultDeclaration", message: "Named exports only: a name that can be searched for." },
  {
    selector: "MemberExpression[object.name='jest'][property.name=/^(mock|doMock|spyOn)$/]",
    message: "Pass a fake or use the real part.",
  },
];
const productBans = [
  ...bans,
  { selector: "CallExpression[callee.name='fetch']", message: "shared/outbound is the only way to the network." },
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
  { files: ["functions/**/*.ts", "shared/**/*.ts"], rules: { "no-restricted-syntax": ["error", ...productBans] } },
  {
    files: ["shared/core/**/*.ts", "shared/delivery/**/*.ts", "shared/management/**/*.ts"],
    rules: { "no-restricted-syntax": ["error", ...pureBans], "no-restricted-globals": ["error", "process"] },
  },
  {
    files: ["**/*.mjs"],
    languageOptions: { globals: { console: "readonly", process: "readonly", setInterval: "readonly" } },
  },
);
