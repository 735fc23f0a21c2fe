import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Folder of the repository. */
export const ROOT = join(import.meta.dirname, "../..");

/** A file of the repository as text, by its path from the root. */
export function readDocument(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** Everything that people write by hand: code, tests, documents, scripts, as paths from the root. */
export function writtenFiles(): string[] {
  const folders = ["functions", "shared", "local", "test", "docs", "scripts", "bench", "infra"];
  const inside = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((path) => `${folder}/${path}`),
  );
  const files = ["README.md", "CONTRIBUTING.md", ".dependency-cruiser.cjs", "eslint.config.mjs", ...inside];
  return files.filter((path) => /\.(?:ts|mjs|cjs|md|sh|py|bicep|kql)$/.test(path) && !path.includes("/node_modules/"));
}

/** The headings of a document, without marks of code. */
export function headingsOf(markdown: string): string[] {
  return [...prose(markdown).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading.replaceAll("`", ""));
}

/** The text outside code blocks. */
export function prose(markdown: string): string {
  return markdown.replace(/^```[^]*?^```$/gm, "");
}

/** Rows of the table whose header has exactly these columns, cell by cell, without the marks of code. @throws when there is not one such table */
export function tableOf(markdown: string, ...columns: readonly string[]): string[][] {
  const tables = markdown.split(/\n{2,}/).map(rowsOf);
  const found = tables.filter(([header]) => header?.join("|") === columns.join("|"));
  if (found.length !== 1) throw new Error(`${String(found.length)} tables have the columns ${columns.join(", ")}`);
  return found.flatMap(([, , ...rows]) => rows);
}

function rowsOf(paragraph: string): string[][] {
  const lines = paragraph.split("\n").filter((line) => line.startsWith("|"));
  return lines.map((line) => line.split("|").slice(1, -1).map(plainCell));
}

function plainCell(cell: string): string {
  return cell.replaceAll("`", "").trim();
}

/** The text of the code block with this info string (```` ```json event ````). @throws when there is not one such block */
export function blockOf(markdown: string, info: string): string {
  const found = [...markdown.matchAll(/^```(.*)\n([^]*?)^```$/gm)].filter(([, named]) => named === info);
  const [, , text] = found[0] ?? [];
  if (found.length !== 1 || text === undefined) throw new Error(`${String(found.length)} blocks are ${info}`);
  return text.trimEnd();
}

/** Every text in marks of code. */
export function codeIn(markdown: string): string[] {
  return [...markdown.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
}
