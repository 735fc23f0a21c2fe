import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as z from "zod";
import { blockOf, readDocument, ROOT, tableOf } from "../../support/markdown.ts";

const contributing = readDocument("CONTRIBUTING.md");
const readme = readDocument("README.md");

/** Folders of the picture in README.md, by their indentation. */
const PICTURED: readonly string[] = (() => {
  const above: string[] = [];
  return blockOf(readme, "text rooms")
    .split("\n")
    .map((line) => {
      const [, indent = "", name = ""] = /^( *)(\S+)\/ /.exec(line) ?? [];
      above.splice(indent.length / 2, above.length, name);
      return above.join("/");
    });
})();

/** Folders that people write in, directly below a folder. */
function foldersIn(folder: string): string[] {
  const made = new Set(["node_modules", "dist", "coverage"]);
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !made.has(entry.name))
    .map(({ name }) => name);
}

test("every room of README.md's picture is there, each once", () => {
  expect(PICTURED.length).toBeGreaterThan(30);
  expect(new Set(PICTURED).size).toBe(PICTURED.length);
  expect(PICTURED.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

const PARENTS = new Set(PICTURED.map((path) => dirname(path)).filter((path) => path !== ".github"));

test.each([...PARENTS])("if README.md shows rooms of %s, it shows all of them", (parent) => {
  const shown = PICTURED.filter((path) => dirname(path) === parent && !path.startsWith("."));
  expect(shown.map((path) => path.split("/").at(-1)).toSorted()).toEqual(foldersIn(parent).toSorted());
});

test("README.md's picture shows the rooms of shared/core and shared/tables", () => {
  expect([...PARENTS]).toEqual(expect.arrayContaining([".", "shared", "shared/core", "shared/tables", "local"]));
});

const ruleSchema = z.object({
  name: z.string(),
  from: z.object({ path: z.string().optional(), pathNot: z.string().optional() }),
  to: z.object({ path: z.string().optional(), pathNot: z.string().optional() }),
});
const RULES = z
  .object({ forbidden: z.array(ruleSchema) })
  .parse(createRequire(import.meta.url)(join(ROOT, ".dependency-cruiser.cjs")))
  .forbidden.filter(({ to }) => to.path !== undefined);

/** Whether some rule of .dependency-cruiser.cjs forbids that a file of the one path imports one of the other. */
function isForbidden(from: string, to: string): boolean {
  return RULES.some((rule) => {
    const match = new RegExp(rule.from.path ?? "").exec(from);
    if (match === null || matches(rule.from.pathNot, from)) return false;
    const filled = (pattern: string | undefined): string | undefined =>
      pattern?.replace(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? "");
    return matches(filled(rule.to.path), to) && !matches(filled(rule.to.pathNot), to);
  });
}

function matches(pattern: string | undefined, text: string): boolean {
  return pattern !== undefined && new RegExp(pattern).test(text);
}

const ARROWS = tableOf(contributing, "room", "may import", "alone with").map(([room = "", may = "", alone = ""]) => ({
  room,
  may: namesIn(may),
  alone: namesIn(alone),
}));

function namesIn(cell: string): string[] {
  return cell === "" ? [] : cell.split(", ");
}

const ROOMS = ["functions", ...foldersIn("shared").map((name) => `shared/${name}`), "local"];

test("the product imports no stand-in, and nothing imports a test", () => {
  const product = ROOMS.filter((room) => room !== "local");
  expect(product.filter((room) => !isForbidden(`${room}/any.ts`, "local/any.ts"))).toEqual([]);
  expect(ROOMS.filter((room) => !isForbidden(`${room}/any.ts`, "test/any.ts"))).toEqual([]);
});

test("CONTRIBUTING.md has every room, in the table and in the picture", () => {
  expect(ARROWS.map(({ room }) => room).toSorted()).toEqual(ROOMS.toSorted());
  const pictured = [...blockOf(contributing, "text floors").matchAll(/([\w-]+)\/(?= |$)/gm)].map(([, name]) => name);
  const named = ROOMS.filter((room) => room !== "local").map((room) => room.replace("shared/", ""));
  expect(pictured.toSorted()).toEqual(named.toSorted());
});

test.each(ARROWS)("$room may import what CONTRIBUTING.md says, and no other room", ({ room, may }) => {
  const others = ROOMS.filter((other) => other !== room && !isForbidden(`${room}/any.ts`, `${other}/any.ts`));
  expect(others.map((other) => other.replace("shared/", "")).toSorted()).toEqual(may.toSorted());
});

/** The rules about SDKs are for the product. */
const PRODUCT = ARROWS.filter(({ room }) => room !== "local");

test.each(PRODUCT)("$room is alone with the SDKs that CONTRIBUTING.md says", ({ room, alone }) => {
  const sdks = RULES.flatMap(({ to }) => /^node_modules\/(.+)\/$/.exec(to.path ?? "")?.[1] ?? []);
  expect(sdks.length).toBeGreaterThan(5);
  const mine = sdks.filter((sdk) => !isForbidden(`${room}/any.ts`, `node_modules/${sdk}/index.js`));
  expect(mine.toSorted()).toEqual(alone.toSorted());
});

test("the stand-ins for the bus and the host import nothing of the product", () => {
  for (const room of ["local/service-bus", "local/host"]) {
    expect(ROOMS.filter((other) => !isForbidden(`${room}/any.ts`, `${other}/any.ts`))).toEqual([]);
    expect(isForbidden(`${room}/any.ts`, `${room}/other.ts`)).toBe(false);
  }
});

test("the suites in CONTRIBUTING.md are those that npm test runs", () => {
  const [, list = ""] = /^const SUITES = \[(.*)\];$/m.exec(readDocument("scripts/test.ts")) ?? [];
  const suites = [...list.matchAll(/"([\w-]+)"/g)].map(([, name]) => name);
  const tables = contributing
    .split("What stands in for Azure")
    .map((part) => tableOf(part, "suite", "what it tests", "with"));
  expect(suites.length).toBeGreaterThan(5);
  expect(
    tables
      .flat()
      .map(([name]) => name)
      .toSorted(),
  ).toEqual(suites.toSorted());
});
