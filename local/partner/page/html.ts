/** HTML in which text stays text: every value is escaped, unless it is HTML made here. */
export interface Html {
  readonly html: string;
}

type Part = string | number | Html | readonly Html[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Template tag. Values are allowed in element content and in quoted attributes only. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: literals.map((literal, index) => literal + textOf(parts[index] ?? "")).join("") };
}

function textOf(part: Part): string {
  if (typeof part === "string") return escape(part);
  if (typeof part === "number") return String(part);
  return "html" in part ? part.html : part.map((inner) => inner.html).join("");
}

/** Makes invisible characters visible: control characters become control pictures (U+2400 on), bidirectional marks their escape. */
function escape(text: string): string {
  return text
    .replaceAll(/[&<>"']/g, (found) => ENTITIES[found] ?? found)
    .replaceAll(/[^\P{Cc}\t\n\r]/gu, (found) => picture(found.codePointAt(0) ?? 0))
    .replaceAll(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (found) => `\\u${found.charCodeAt(0).toString(16)}`);
}

function picture(code: number): string {
  if (code === 0x7f) return "\u2421";
  return code < 0x20 ? String.fromCodePoint(0x2400 + code) : `\\u00${code.toString(16)}`;
}
