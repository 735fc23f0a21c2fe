import { readByMarks, type Marks, type Reading, type PositionResult } from "./literal-scan.ts";

type XmlState = "text" | "tag" | "double" | "single" | "comment" | "cdata" | "instruction";

const XML_OPENINGS: Readonly<Record<string, XmlState>> = {
  "<![cdata[": "cdata",
  "<!--": "comment",
  "<?": "instruction",
};
const XML_MARKS: Readonly<Record<XmlState, Marks<XmlState>>> = {
  text: { pattern: /<!\[CDATA\[|<!--|<\?|</g, next: (mark) => XML_OPENINGS[mark] ?? "tag" },
  tag: { pattern: /["'>]/g, next: (mark) => (mark === ">" ? "text" : mark === '"' ? "double" : "single") },
  double: { pattern: /"/g, next: () => "tag" },
  single: { pattern: /'/g, next: () => "tag" },
  comment: { pattern: /-->/g, next: () => "text" },
  cdata: { pattern: /\]\]>/g, next: () => "text" },
  instruction: { pattern: /\?>/g, next: () => "text" },
};

const XML_POSITIONS: Readonly<Record<XmlState, PositionResult>> = {
  text: "xml-text",
  tag: "xml-name",
  double: "xml-attribute",
  single: "xml-attribute",
  comment: "xml-comment",
  cdata: "cdata",
  instruction: "xml-instruction",
};

/** XML (1.0, fifth edition). */
export const XML_READING: Reading<XmlState> = {
  start: "text",
  read: (state, literal) => readByMarks(state, literal, XML_MARKS),
  position: (state) => XML_POSITIONS[state],
};
