import { existsSync } from "node:fs";
import { join } from "node:path";
import { codeIn, readDocument, ROOT, writtenFiles } from "../../support/markdown.ts";

const rules = readDocument("docs/rules.md");

interface Rule {
  readonly number: string;
  readonly text: string;
}

const SECTIONS: readonly Rule[] = rules
  .split(/^#{2,3} /m)
  .map((text) => ({ number: /^([WCE]\d+): /.exec(text)?.[1] ?? "", text }))
  .filter(({ number }) => number !== "");

/** Numbers of rules that a text cites. Bytes of percent-encoding (`%C3%A9`) and the like are none. */
function citedIn(text: string): string[] {
  return [...text.matchAll(/(?<![%\\\w+.-])[WCE]\d{1,2}\b/g)].map(([number]) => number);
}

test("citations are found in every common spelling", () => {
  expect(citedIn(`rule W8, rules C1 and E${String(2)}; "%C3%A9", "\\xE9", U+C3, Big5-E1`)).toEqual(["W8", "C1", "E2"]);
});

test("every rule that is cited anywhere is explained in docs/rules.md", () => {
  const numbers = new Set(SECTIONS.map(({ number }) => number));
  const cited = writtenFiles().flatMap((path) => citedIn(readDocument(path)).map((number) => ({ path, number })));
  expect(cited.length).toBeGreaterThan(100);
  expect(cited.filter(({ number }) => !numbers.has(number))).toEqual([]);
});

test("rules are numbered without a gap, each once", () => {
  for (const letter of ["W", "C", "E"]) {
    const mine = SECTIONS.map(({ number }) => number).filter((number) => number.startsWith(letter));
    expect(mine).toEqual(mine.map((_, index) => `${letter}${String(index + 1)}`));
    expect(mine.length).toBeGreaterThan(4);
  }
});

test.each(SECTIONS)("$number names the code and the tests that hold it, and all of them exist", ({ text }) => {
  const [, code = ""] = /^- Code: (.*)$/m.exec(text) ?? [];
  const [, tests = ""] = /^- Tests: (.*)$/m.exec(text) ?? [];
  for (const paths of [codeIn(code), codeIn(tests)]) {
    expect(paths).not.toEqual([]);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  }
  expect(codeIn(tests).filter((path) => !/^test\/.*\.test\.ts$/.test(path))).toEqual([]);
});
