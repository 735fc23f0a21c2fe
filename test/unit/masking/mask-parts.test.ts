import { maskFor, maskSecrets } from "../../../shared/core/masking/mask.ts";
import { secretsIn } from "../../../shared/core/masking/parts.ts";

/** A value, secrets within it, and what else it contains. */
const values: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
  ["a scheme", "Bearer abcdef123", ["abcdef123"], ["Bearer"]],
  [
    "Basic",
    `Basic ${Buffer.from("acme-user:hunter:22").toString("base64")}`,
    ["hunter:22", "acme-user:hunter:22"],
    ["acme-user"],
  ],
  [
    "a key of Elasticsearch",
    `ApiKey ${Buffer.from("VuaCfGcBCdbkQm:ui2lp2axTNmsyakw9tvNnw").toString("base64")}`,
    ["ui2lp2axTNmsyakw9tvNnw"],
    [],
  ],
  ["cookies", "theme_id=1; sid=abc123def; csrf=qwertz99", ["abc123def", "qwertz99"], ["theme_id", "csrf"]],
  ["a cookie in quotes", 'sid="abc;123=def"', ["abc;123=def"], []],
  ["Token token", 'Token token="s3cr3t-token", nonce="def456789"', ["s3cr3t-token"], ["def456789"]],
  ["ApiKey key", "ApiKey key=s3cr3tkey", ["s3cr3tkey"], []],
  ["a key after its name", "apikey:s3cr3tkey", ["s3cr3tkey"], ["apikey"]],
  ["user and password", "acme-user:s3cr3tkey", ["s3cr3tkey"], ["acme-user"]],
  ["id, name and key", "4711:acme:s3cr3tkey", ["s3cr3tkey", "acme:s3cr3tkey"], ["4711"]],
  [
    "a shared access signature",
    "SharedAccessSignature sr=https%3A%2F%2Facme.servicebus.windows.net&sig=aB%2Fc%2Bd123%3D&se=1764086400&skn=RootManage",
    ["aB%2Fc%2Bd123%3D", "aB/c+d123="],
    ["RootManage", "1764086400", "acme.servicebus.windows.net"],
  ],
  [
    "Digest",
    'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4", qop=auth, response="753927fa0e85d155564e2e272a28d180"',
    ["753927fa0e85d155564e2e272a28d180"],
    ["Mufasa", "http-auth@example.org", "/dir/index.html", "SHA-256", "7ypf/xlj9XXwfDPEoM4"],
  ],
  [
    "AWS4",
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6",
    ["5d672d79c15b13162d9279b0855cfba6"],
    ["AKIDEXAMPLE", "content-type", "us-east-1"],
  ],
  [
    "OAuth 1",
    'OAuth oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="nnch734d00sl2jdk", oauth_signature="tR3%2BTy81lMeYAr%2FFid0kMTYa%2FWM%3D"',
    ["nnch734d00sl2jdk", "tR3+Ty81lMeYAr/Fid0kMTYa/WM="],
    ["dpf43f3p2l4k3l03"],
  ],
  [
    "a connection string",
    "Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=a+b/c123==",
    ["a+b/c123=="],
    ["acme.servicebus.windows.net"],
  ],
  [
    "a password with spaces",
    "Server=db.example.com;User ID=acme-user;Password=correct horse;",
    ["correct horse"],
    ["db.example.com", "acme-user"],
  ],
  [
    "JSON",
    '{"user":"acme-user","apiKey":"s3cr3t\\"key","more":["t0ken-2"]}',
    ['s3cr3t"key', "t0ken-2"],
    ["acme-user", "apiKey"],
  ],
  ["a URL", "https://acme-user:s3cr3tkey@host.example/x?sig=abcdef1", ["s3cr3tkey", "abcdef1"], ["acme-user"]],
  ["a query", "?code=abcdef12&name2=xyz98765", ["abcdef12", "xyz98765"], ["code"]],
  ["something in quotes", 'Token "s3cr3tkey"', ["s3cr3tkey"], []],
];

test.each(values)("%s", (_name, value, secrets, others) => {
  const mask = maskFor([value]);
  for (const secret of secrets) expect(mask(`seen: ${secret}.`)).toBe("seen: •••.");
  for (const other of others) expect(mask(`seen: ${other}.`)).toBe(`seen: ${other}.`);
  expect(mask(`seen: ${value}.`)).toMatch(/^seen: •••[";]?\.$/);
  expect(mask(JSON.stringify({ seen: value }))).not.toMatch(/s3cr3t|hunter/);
});

test("short values are not secret, neither alone nor in a list", () => {
  expect(maskSecrets("a=b; id=abc abc", ["a=b; id=abc"])).toBe("••• abc");
});

test("a value of punctuation only is one secret, not hundreds", () => {
  const noise = "=abcd;".repeat(10) + Array.from({ length: 300 }, (_, index) => `n=v${String(1000 + index)}`).join(";");
  expect(secretsIn(noise)).toHaveLength(1);
});
