import { existsSync, readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { codeIn, readDocument, ROOT } from "../../support/markdown.ts";

const DOCUMENTS: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" }).map((path) => `docs/${path}`),
].filter((path) => path.endsWith(".md"));

/** What stands outside of blocks of code. */
function prose(markdown: string): string {
  return markdown.replace(/^```[^]*?^```$/gm, "");
}

/** Names of the headings, as GitHub links to them. */
function anchorsOf(markdown: string): string[] {
  return [...prose(markdown).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
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

test.each(DOCUMENTS)("every file of the repository that %s names is there", (path) => {
  const named = codeIn(prose(readDocument(path))).filter((code) => FOLDERS.test(code));
  expect(named.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
});

test("links and names are found where they are broken", () => {
  expect(anchorsOf("# When, if ever?\n\n## `a` & b\n")).toEqual(["when-if-ever", "a--b"]);
  expect(["shared/none.ts", "test/unit", "npm test"].filter((code) => FOLDERS.test(code))).toEqual([
    "shared/none.ts",
    "test/unit",
  ]);
});
