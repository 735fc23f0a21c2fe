/** The format of a body, which decides how its placeholders are escaped. */
export type ContentKind = "json" | "xml" | "html" | "form" | "csv" | "yaml" | "toml" | "multipart" | "text";

/** Words of a media type's name (split at everything that is not a letter or digit) that name its format. Suffixes (RFC 6839) are words too. */
const KIND_OF_WORD: Readonly<Record<string, ContentKind>> = {
  ...wordsOf("json", "json json5 jsonc jsonl jsonlines ndjson ldjson geojson topojson jsonrequest jsonrpc"),
  // Their strings and bare values are written like those of JSON.
  ...wordsOf("json", "graphql javascript ecmascript jscript livescript"),
  ...wordsOf("xml", "xml xmlrpc soap wsdl xsl xslt xsd xhtml rss atom svg mathml kml gml gpx opml wml rdf xul wbxml"),
  ...wordsOf("html", "html html4 html5 phtml"),
  ...wordsOf("form", "urlencoded"),
  ...wordsOf("csv", "csv tsv psv"),
  ...wordsOf("yaml", "yaml yml"),
  ...wordsOf("toml", "toml"),
};

/** Types whose names do not show their format, or whose last known word is misleading. */
const KIND_OF_TYPE: Readonly<Record<string, ContentKind>> = {
  "application/csp-report": "json",
  "application/reports": "json",
  "text/comma-separated-values": "csv",
  "text/tab-separated-values": "csv",
  "application/x-url-encoded": "form",
  "text/x-server-parsed-html": "html",
  // Text for people, whatever its first character.
  "text/plain": "text",
  "text/markdown": "text",
  "text/x-markdown": "text",
  "text/enriched": "text",
  "text/richtext": "text",
  "text/calendar": "text",
  "text/vcard": "text",
  "text/x-vcard": "text",
};

function wordsOf(kind: ContentKind, words: string): Readonly<Record<string, ContentKind>> {
  return Object.fromEntries(words.split(" ").map((word) => [word, kind]));
}

/**
 * Kind of a body by its Content-Type: by table, then by the last known word of its name (`application/vnd.acme.v1+json`,
 * `application/x-amz-json-1.1`, `application/soap+xml`); parameters, letter case and white space do not matter. If the type is unknown or
 * undefined, the body's first character decides.
 */
export function contentKind(contentType: string | undefined, body: string): ContentKind {
  const type = contentType === undefined ? "" : mediaType(contentType);
  if (type.startsWith("multipart/")) return "multipart";
  const listed = Object.hasOwn(KIND_OF_TYPE, type) ? KIND_OF_TYPE[type] : undefined;
  return listed ?? kindOfName(type.slice(type.indexOf("/") + 1)) ?? kindByLook(body);
}

function kindOfName(name: string): ContentKind | undefined {
  const word = name.split(/[^a-z0-9]+/).findLast((one) => Object.hasOwn(KIND_OF_WORD, one));
  return word === undefined ? undefined : KIND_OF_WORD[word];
}

/** The kind of a body by its first character that is not white space. The braces of a placeholder are not JSON. */
function kindByLook(body: string): "json" | "xml" | "text" {
  const text = body.trimStart();
  if (text.startsWith("<")) return "xml";
  return (text.startsWith("{") && !/^\{\{(?!\{)/.test(text)) || text.startsWith("[") ? "json" : "text";
}

/** `type/subtype` in lower case. Lenient with common mistakes: quotes around it, a comma or only a space before parameters. */
function mediaType(contentType: string): string {
  return (/[^\s;,"']+/.exec(contentType)?.[0] ?? "").toLowerCase();
}

/** A parameter, once white space is folded: name, and quoted or bare value. */
const PARAMETER = /[;, ] ?([!#$%&'*+\-.^_`|~\w]+) ?= ?(?:"((?:[^"\\]|\\.)*)"|([^;, ]*))/g;

/** A parameter's value (RFC 9110 section 5.6.6) without quotes; of several the first. Undefined when it is absent or empty. */
export function typeParameter(contentType: string, name: string): string | undefined {
  for (const [, key = "", quoted, bare = ""] of contentType.replace(/\s+/g, " ").matchAll(PARAMETER)) {
    if (key.toLowerCase() !== name) continue;
    const value = quoted?.replace(/\\(.)/g, "$1") ?? bare.replace(/^'(.*)'$/, "$1");
    return value === "" ? undefined : value;
  }
  return undefined;
}
