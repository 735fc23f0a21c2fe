/** One project a suite, so that the run counts tests by suite and each can be run alone: `npx jest --selectProjects unit`. */
const project = (displayName, extra = {}) => ({
  displayName,
  testMatch: [`<rootDir>/test/${displayName}/**/*.test.ts`],
  transform: {
    "\\.[jt]s$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2024" }, module: { type: "commonjs" } },
    ],
  },
  // jose, parse5 and its entities ship as ES modules only, Jest runs CommonJS: transform them too.
  transformIgnorePatterns: ["/node_modules/(?!(?:jose|parse5|entities)/)"],
  testEnvironment: "node",
  // The package in dist has the project's name too.
  modulePathIgnorePatterns: ["<rootDir>/dist/"],
  ...extra,
});

export default {
  projects: ["unit", "component", "contract", "host", "infra", "azure", "e2e"].map((name) => project(name)),
  testTimeout: 60_000,
};
