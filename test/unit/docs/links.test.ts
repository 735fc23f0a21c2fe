import { existsSync, readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { codeIn, headingsOf, prose, readDocument, ROOT, writtenFiles } from "../../support/markdown.ts";

const FILES = writtenFiles();
const DOCUMENTS = FILES.filter((path) => path.endsWith(".md"));

/** Names of the headings, as GitHub links to them. */
function anchorsOf(markdown: string): string[] {
  return headingsOf(markdown).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

const ABROAD = /^[a-z]+:/;

test.each(DOCUMENTS)("every link of %s leads somewhere", (path) => {
  const links = [...prose(readDocument(path)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  const broken = links.filter((link) => {
    if (ABROAD.test(link)) return false;
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? path : normalize(join(dirname(path), file));
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && !anchorsOf(readDocument(target)).includes(anchor);
  });
  expect(broken).toEqual([]);
});

const FOLDERS = /^(?:functions|shared|local|test|docs|scripts|bench|infra|\.github)\/[\w./-]*$/;

test.each(DOCUMENTS)("every file of the repository that %s names exists", (path) => {
  const named = codeIn(prose(readDocument(path))).filter((code) => FOLDERS.test(code));
  expect(named.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
});

interface Citation {
  readonly path: string;
  readonly page: string;
  /** The page's heading that it names, if any. */
  readonly heading: string | undefined;
}

/** Pages that comments, messages and tests point to: `docs/api.md`, `docs/api.md, "Errors"`, `decision 0023`. */
function citationsIn(path: string, text: string): Citation[] {
  const pages = [...text.matchAll(/\b(docs\/[\w/-]+\.md)(?:, "([^"\n]+)")?/g)];
  const decisions = [...text.matchAll(/\b[Dd]ecision (\d{1,4})\b/g)];
  return [
    ...pages.map(([, page = "", heading]) => ({ path, page, heading })),
    ...decisions.map(([, number = ""]) => ({ path, page: decisionPage(number), heading: undefined })),
  ];
}

const DECISIONS = readdirSync(join(ROOT, "docs/decisions"));

function decisionPage(number: string): string {
  const name = DECISIONS.find((file) => file.startsWith(`${number.padStart(4, "0")}-`));
  return `docs/decisions/${name ?? number}`;
}

function dangles({ page, heading }: Citation): boolean {
  if (!existsSync(join(ROOT, page))) return true;
  return heading !== undefined && !headingsOf(readDocument(page)).includes(heading);
}

test("every page, heading and decision that the code cites exists", () => {
  const cited = FILES.flatMap((path) => citationsIn(path, readDocument(path)));
  expect(cited.filter(({ heading }) => heading !== undefined).length).toBeGreaterThan(3);
  expect(cited.filter(dangles)).toEqual([]);
});

test("links, names and citations are found where they are broken", () => {
  expect(anchorsOf("# When, if ever?\n\n## `a` & b\n")).toEqual(["when-if-ever", "a--b"]);
  expect(["shared/none.ts", "test/unit", "npm test"].filter((code) => FOLDERS.test(code))).toEqual([
    "shared/none.ts",
    "test/unit",
  ]);
  const page = "docs/api";
  const text = `See ${page}.md, "Events in", ${page}.md, "Elsewhere", ${page}s.md, decision 0001 and decision ${String(999)}.`;
  expect(citationsIn("x", text).filter(dangles)).toMatchObject([
    { heading: "Elsewhere" },
    { page: `${page}s.md` },
    { page: "docs/decisions/999" },
  ]);
});
