/** HTML in which text stays text: everything put in is escaped, unless it is HTML that was made here. */
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

/** Tag of template literals. Values may stand in element content and in quoted attributes, nowhere else. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: literals.map((literal, index) => literal + textOf(parts[index] ?? "")).join("") };
}

function textOf(part: Part): string {
  if (typeof part === "string") return escape(part);
  if (typeof part === "number") return String(part);
  return "html" in part ? part.html : part.map((inner) => inner.html).join("");
}

/** Control characters become their pictures (U+2400 on), marks that turn the direction of writing their code: a reader sees that they are there. */
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
