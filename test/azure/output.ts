import type { Json } from "./json.ts";

/** A value as the CLI prints it with `--output FORMAT` (knack's output.py); empty for no value. */
export function printed(value: Json | undefined, format: string): string {
  if (value === undefined || value === null || format === "none") return "";
  if (format === "json") return `${JSON.stringify(value, null, 2)}\n`;
  if (format !== "tsv") throw new Error(`This stand-in does not print ${format}.`);
  return (Array.isArray(value) ? value : [value]).map((row) => `${line(row)}\n`).join("");
}

function line(row: Json): string {
  if (Array.isArray(row)) return row.map((cell) => cellText(cell)).join("\t");
  if (row !== null && typeof row === "object")
    throw new Error("The columns of objects have no fixed order: ask for a list.");
  return typeof row === "boolean" ? String(row) : cellText(row);
}

/** Python's words: a list by its length, an object as nothing, null as None, and True. */
function cellText(cell: Json): string {
  if (Array.isArray(cell)) return String(cell.length);
  if (cell === null) return "None";
  if (typeof cell === "boolean") return cell ? "True" : "False";
  return typeof cell === "object" ? "" : String(cell);
}
