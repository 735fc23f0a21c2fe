import { runInNewContext } from "node:vm";
import Busboy from "@fastify/busboy";
import { parse as parseCsv } from "csv-parse/sync";
import { parse as parseGraphql, visit } from "graphql";
import { parseFragment, type DefaultTreeAdapterTypes } from "parse5";
import { SaxesParser } from "saxes";
import { parse as parseToml } from "smol-toml";
import { parse as parseYaml } from "yaml";

/** Reads a body as a receiver would, strictly: every value in it, mark-up and structure included, or it throws. */
export type Read = (bytes: Buffer, contentType: string) => unknown;

const utf8 = (bytes: Buffer): string => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

/** JSON. */
export const json: Read = (bytes) => JSON.parse(utf8(bytes)) as unknown;

/** JSON texts, each on a line of its own or after a record separator. */
export const jsonLines: Read = (bytes) =>
  utf8(bytes)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line.startsWith("\u001e") ? line.slice(1) : line) as unknown);

/** JSON5, JSON with comments, JavaScript: by the JavaScript engine, the value as JSON has it. */
export const script: Read = (bytes) =>
  JSON.parse(String(runInNewContext(`JSON.stringify(${utf8(bytes)}\n)`, {}, { timeout: 1_000 }))) as unknown;

/** YAML, as JSON has it; a warning is an error. */
export const yaml: Read = (bytes) => parseYaml(utf8(bytes), { logLevel: "error", strict: true }) as unknown;

/** TOML, as JSON has it. */
export const toml: Read = (bytes) => JSON.parse(JSON.stringify(parseToml(utf8(bytes)))) as unknown;

/** A query of GraphQL: the names of its fields and arguments, and its strings, in order. */
export const graphql: Read = (bytes) => {
  const found: string[] = [];
  visit(parseGraphql(utf8(bytes)), {
    Name: ({ value }) => void found.push(value),
    StringValue: ({ value }) => void found.push(value),
  });
  return found;
};

/** XML: elements with attributes, texts, comments and CDATA, in order. */
export const xml: Read = (bytes) => xmlEvents(utf8(bytes));

/** {@link xml} of a text. */
export function xmlEvents(text: string): readonly unknown[] {
  const found: unknown[] = [];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => found.push([name, { ...attributes }]));
  parser.on("text", (value) => value !== "" && found.push(value));
  parser.on("cdata", (value) => {
    // One text may be spread over several sections.
    const last = found.at(-1);
    if (Array.isArray(last) && last[0] === "cdata") found[found.length - 1] = ["cdata", String(last[1]) + value];
    else found.push(["cdata", value]);
  });
  parser.on("comment", () => found.push(["comment"]));
  parser.write(text).close();
  return found;
}

/** HTML as browsers read it: elements with attributes, texts (scripts evaluated) and comments, in order. */
export const html: Read = (bytes) => {
  const found: unknown[] = [];
  const walk = (nodes: readonly DefaultTreeAdapterTypes.ChildNode[]): void => {
    for (const node of nodes) {
      if ("tagName" in node) {
        found.push([
          node.tagName,
          Object.fromEntries(node.attrs.map(({ name, value }) => [name, attributeOf(name, value)])),
        ]);
        if (node.tagName === "script") {
          const [content] = node.childNodes;
          const source = content !== undefined && "value" in content ? content.value : "";
          found.push(JSON.parse(String(runInNewContext(`JSON.stringify(${source}\n)`))));
        } else walk(node.childNodes);
      } else if (node.nodeName === "#comment") found.push(["comment"]);
      else if ("value" in node) found.push(node.value);
    }
  };
  walk(parseFragment(utf8(bytes)).childNodes);
  return found;
};

/** An attribute's value; of one that is a script (`f(…)`) what is given to the function. */
function attributeOf(name: string, value: string): unknown {
  if (!name.startsWith("on")) return value;
  return JSON.parse(
    String(runInNewContext(`let given; function f(...all) { given = all; }; ${value}; JSON.stringify(given)`)),
  );
}

/** A form. */
export const form: Read = (bytes) => [...new URLSearchParams(utf8(bytes))];

/** Delimited values with some delimiter. */
export const csv =
  (delimiter: string): Read =>
  (bytes) =>
    parseCsv(utf8(bytes), { delimiter, relaxQuotes: false });

/** A multipart form: names, and of files their name, type and content (JSON as a value), in order. */
export const multipartForm: Read = async (bytes, contentType) => {
  const found: unknown[] = [];
  const parser = new Busboy({ headers: { "content-type": contentType } });
  parser.on("field", (name, value) => found.push([name, value]));
  parser.on("file", (name, stream, filename, _encoding, type) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const content = Buffer.concat(chunks).toString("utf8");
      found.push([name, filename, type, type === "application/json" ? JSON.parse(content) : content]);
    });
  });
  await new Promise<void>((resolve, reject) => {
    parser.on("finish", resolve);
    parser.on("error", reject);
    parser.end(bytes);
  });
  return found;
};

/** A text. */
export const text: Read = utf8;
