import {
  carriesSecret,
  HEADER_VALUE_WHITELIST,
  isHeaderName,
  isReservedHeader,
  narrowedWhitelist,
} from "../../../shared/contract/header-rules.ts";

test.each([
  "Authorization",
  "authorization",
  "COOKIE",
  "X-Api-Key",
  "api_key",
  "x-auth-token",
  "access_token",
  "client_secret",
  "X-Secret-Thing",
  "PasswordHash",
  "password",
  "apikey",
  "apiKey",
  "Api_Key",
  "accessKey",
  "Ocp-Apim-Subscription-Key",
  "Idempotency-Key",
  "x_mykey",
  "token",
  "Token",
  "accessToken",
  "accesstoken",
  "X-Amz-Security-Token",
  "signature",
  "X-Hub-Signature-256",
  "assertion",
  "client_assertion",
  "pwd",
  "user_pwd",
  "db-passwd",
  "passwdHash",
  "pass-word",
  "clientSecret",
  "Proxy-Authorization",
  "X-Authorization",
  "X-Auth",
  "auth",
])("%s carries a secret", (key) => {
  expect(carriesSecret(key)).toBe(true);
});

test.each([
  "Content-Type",
  "monkey",
  "X-Tokens",
  "tokenizer",
  "X-Turkey",
  "keyboard",
  "X-Key-Id",
  "X-Author",
  "cookies",
  "pwd_hint",
  "key",
  "grant_type",
  "client_id",
  "Set-Cookies",
  "X-Authorization-Mode",
  "",
])("%s carries none", (key) => {
  expect(carriesSecret(key)).toBe(false);
});

test.each([
  "Host",
  "content-length",
  "Transfer-Encoding",
  "CONNECTION",
  "Keep-Alive",
  "TE",
  "Trailer",
  "Upgrade",
  "Expect",
  "Proxy-Authorization",
  "webhook-id",
  "Webhook-Anything",
  "User-Agent",
  "Transfer_Encoding",
  "content_length",
  "Webhook_Id",
  "webhook_signature",
  "webhook.id",
  "PROXY_AUTHORIZATION",
  "User_Agent",
  "Keep~Alive",
  "Content_Type",
  "content.type",
])("%s is reserved", (key) => {
  expect(isReservedHeader(key)).toBe(true);
});

test.each(["Content-Type", "Authorization", "X-Host", "Accept", "webhook", "X-Webhook-Id"])(
  "%s is free to use",
  (key) => {
    expect(isReservedHeader(key)).toBe(false);
  },
);

test.each([
  ["A-Za-z0-9 ._-", "aZ09 ._-", "!~,"],
  ["^~", "aZ !", "~"],
  ["\\\\\\]\\[", "\\][", "a"],
  ["\\w", "aZ_9", " -"],
  // Never more than visible ASCII, whatever the class says.
  ["\\s\\S", "aZ 9~", "\t\né\x7f"],
  ["^a", "b ~", "aé\n"],
  ["a-z\\u00e9\\n", "az", "é\nA"],
])("the class %j narrows the whitelist", (characters, inside, outside) => {
  const narrowed = narrowedWhitelist(characters);
  expect(narrowed?.test(inside)).toBe(true);
  for (const character of outside) expect([character, narrowed?.test(character)]).toEqual([character, false]);
  expect(narrowed?.test(`${inside}\n`)).toBe(false);
});

test.each(["]*$|.*[", "a]|[^", "[a", "a[", "z-a", "\\", "", "é", "\\n", "^\\x00-\\x7f"])(
  "%j is not the inside of a class that leaves something",
  (characters) => {
    expect(narrowedWhitelist(characters)).toBeUndefined();
  },
);

test("a header name is an RFC 9110 token", () => {
  for (const key of ["X-A", "x_1.2", "!#$%&'*+-.^_`|~"]) expect(isHeaderName(key)).toBe(true);
  for (const key of ["", "a b", "a:", "é", "a\n", "(a)", "a/b", "{{x}}"]) expect(isHeaderName(key)).toBe(false);
});

test("a header value may contain every visible ASCII character and the space, and nothing else", () => {
  for (let code = 0; code < 300; code += 1) {
    expect(HEADER_VALUE_WHITELIST.test(String.fromCharCode(code))).toBe(code >= 0x20 && code <= 0x7e);
  }
  expect(HEADER_VALUE_WHITELIST.test("a\n")).toBe(false);
});
