import { contentKind, typeParameter } from "../../../shared/core/requests/content-type.ts";

test.each([
  ["application/json", "json"],
  ["Application/JSON; charset=utf-8", "json"],
  ["  application/json\t;charset=utf-8", "json"],
  ["application/json charset=utf-8", "json"],
  ["application/json, text/plain", "json"],
  ['"application/json"', "json"],
  ["application/vnd.acme.v1+json", "json"],
  ["application/vnd.acme.json", "json"],
  ["application/x-amz-json-1.0", "json"],
  ["application/x-amz-json-1.1", "json"],
  ["application/x-ndjson", "json"],
  ["application/jsonl", "json"],
  ["application/json-seq", "json"],
  ["application/json5", "json"],
  ["application/jsonc", "json"],
  ["text/x-json", "json"],
  ["application/graphql", "json"],
  ["application/graphql-response+json", "json"],
  ["application/csp-report", "json"],
  ["application/json-patch+json", "json"],
  ["application/javascript", "json"],
  ["text/xml; charset=utf-8", "xml"],
  ["application/xml", "xml"],
  ['application/soap+xml; action="urn:json"', "xml"],
  ["application/soap", "xml"],
  ["application/x-xml", "xml"],
  ["application/wsdl", "xml"],
  ["application/xhtml+xml", "xml"],
  ["application/rss", "xml"],
  ["text/xsl", "xml"],
  ["image/svg+xml", "xml"],
  ["application/vnd.acme.json+xml", "xml"],
  ["text/html", "html"],
  ["TEXT/HTML ; charset=iso-8859-1", "html"],
  ["application/x-www-form-urlencoded", "form"],
  ["Application/X-WWW-Form-URLEncoded;charset=UTF-8", "form"],
  ["text/csv; header=present", "csv"],
  ["application/csv", "csv"],
  ["text/tab-separated-values", "csv"],
  ["application/yaml", "yaml"],
  ["text/x-yaml; charset=utf-8", "yaml"],
  ["application/vnd.oai.openapi+yaml", "yaml"],
  ["text/x-yml", "yaml"],
  ["application/toml", "toml"],
  ["multipart/form-data; boundary=x", "multipart"],
  ["Multipart/Related; boundary=x; type=text/xml", "multipart"],
  ["text/plain", "text"],
  ["text/markdown", "text"],
] as const)("a body of %s is %s, whatever it begins with", (type, kind) => {
  for (const body of ["{}", "<a/>", "a"]) expect(contentKind(type, body)).toBe(kind);
});

test.each([
  undefined,
  "",
  "application/octet-stream",
  "application/x-protobuf",
  "application/jyaml",
  "application/vnd.acme",
  "constructor/prototype",
  "*/*",
  "application/jsonish",
  "application/vnd.openxmlformats-officedocument",
])("the kind of a body of %s is recognized by its first character", (type) => {
  const kinds = ["{}", " \n[1]", "<a/>", "Hello {", "", "{{x}}", "{{{x}}:1}"].map((body) => contentKind(type, body));
  expect(kinds).toEqual(["json", "json", "xml", "text", "text", "text", "json"]);
});

test.each([
  ["text/xml; charset=utf-8", "utf-8"],
  ["text/xml;CharSet = ISO-8859-1 ; x=y", "ISO-8859-1"],
  ['text/xml; charset="iso-8859-1"', "iso-8859-1"],
  [String.raw`text/xml; charset="iso\-8859-1"`, "iso-8859-1"],
  ["text/xml; charset='utf-16'", "utf-16"],
  ["text/xml charset=utf-16", "utf-16"],
  ['text/xml; title="; charset=utf-7"; charset=koi8-r; charset=big5', "koi8-r"],
  ["text/xml; x-charset=utf-7", undefined],
  ["text/xml; charset=", undefined],
  ['text/xml; charset=""', undefined],
  ["text/xml", undefined],
])("the charset of %j is %j", (type, charset) => {
  expect(typeParameter(type, "charset")).toBe(charset);
});
