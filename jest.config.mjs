/** One project a suite, so that the run counts tests by suite and each can be run alone: `npx jest --selectProjects unit`. */
const project = (displayName, testMatch, more = {}) => ({
  displayName,
  testMatch,
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
  ...more,
});

const product = (name, more) => project(name, [`<rootDir>/test/${name}/**/*.test.ts`], more);
const STAND_INS = "<rootDir>/test/stand-ins";

export default {
  projects: [
    product("unit"),
    product("component"),
    product("infra"),
    product("azure"),
    product("e2e", { globalSetup: "<rootDir>/test/e2e/build-once.mjs" }),
    project("stand-ins", [`${STAND_INS}/!(contract|host)/**/*.test.ts`]),
    project("contract", [`${STAND_INS}/contract/**/*.test.ts`]),
    project("host", [`${STAND_INS}/host/**/*.test.ts`]),
  ],
  // Far more than any test needs: its end is a fact, and a machine that is slow is not a failure.
  testTimeout: 180_000,
  testSequencer: "<rootDir>/test/longest-first.mjs",
};
