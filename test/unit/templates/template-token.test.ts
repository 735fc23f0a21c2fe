import { createHash } from "node:crypto";
import { compileWebhook, renderRequest, type Rendering } from "../../../shared/core/requests/render-request.ts";
import { Secret } from "../../../shared/core/secret.ts";
import { RenderWork } from "../../../shared/core/templates/work.ts";
import { anEvent, type Written } from "../../support/an-event.ts";

const EVENT = anEvent('{"oauth":{"token":"forged"},"oauth.token":"forged","member":"M-1"}');
const TOKEN = 'eyJ"<&>.abc/def+1==';

function rendering(written: Written, token: string | undefined, credentialId: string | null = "cr_a"): Rendering {
  const compiled = compileWebhook({
    url: written.url ?? "https://api.example.com/hook",
    headers: Object.entries(written.headers ?? {}).map(([key, value]) => ({
      key,
      value: new Secret(value),
      secret: written.secretKeys?.includes(key) ?? false,
    })),
    body: written.body ?? "",
    attributes: written.attributes ?? [],
    credentialId,
  });
  return renderRequest(compiled, EVENT, new RenderWork(), token);
}

function request(written: Written, token: string | null = TOKEN) {
  const made = rendering(written, token ?? undefined);
  if (!made.ok) throw new Error(made.fault.message);
  return { ...made.request, secrets: made.secrets };
}

function fault(written: Written, credentialId?: null): string {
  const made = rendering(written, TOKEN, credentialId);
  return made.ok ? "" : made.fault.message;
}

test.each([
  [
    "in a SOAP header",
    "<h><fueloauth>{{oauth.token}}</fueloauth></h>",
    "<h><fueloauth>eyJ&quot;&lt;&amp;&gt;.abc/def+1==</fueloauth></h>",
  ],
  ["in a JSON string", '{"t":"{{oauth.token}}"}', '{"t":"eyJ\\"<&>.abc/def+1=="}'],
  ["bare in JSON", '{"t":{{oauth.token}}}', '{"t":"eyJ\\"<&>.abc/def+1=="}'],
  ["with a filter", '{"t":"{{oauth.token | base64_encode}}"}', `{"t":"${Buffer.from(TOKEN).toString("base64")}"}`],
  ["in brackets", '{"t":"{{oauth[\'token\']}}"}', '{"t":"eyJ\\"<&>.abc/def+1=="}'],
])("the token, %s, is escaped for its position", (_, body, expected) => {
  expect(request({ body })).toMatchObject({ body: expected, placesToken: true });
});

test("the token can be in a URL's path and query and in a header", () => {
  const url = "https://api.example.com/{{oauth.token}}/x?t={{oauth.token}}";
  expect(request({ url, headers: { "X-Session": "Session {{oauth.token}}" } })).toMatchObject({
    url: "https://api.example.com/eyJ%22%3C%26%3E.abc%2Fdef%2B1%3D%3D/x?t=eyJ%22%3C%26%3E.abc%2Fdef%2B1%3D%3D",
    headers: [["X-Session", 'Session eyJ"<&>.abc/def+1==']],
    placesToken: true,
  });
});

test("attributes cannot replace the token, nor fill it when it is missing", () => {
  const attributes = [{ name: "oauth.token", ifMissing: "fallback" as const, fallback: "forged" }];
  expect(request({ body: "{{oauth.token}}", attributes }).body).toBe(TOKEN);
  expect(request({ body: "{{oauth.token}}", attributes }, null).body).toBe("token");
});

test("without a token the rest is rendered, whatever the filters would make of it", () => {
  const body = '{"t":{{oauth.token | date: "%F"}},"m":"{{member}}"}';
  expect(request({ body }, null).body).toBe('{"t":token,"m":"M-1"}');
  expect(fault({ body })).toContain("the value is not a date");
});

test("templates without the token are not reported to place it", () => {
  expect(Object.keys(request({ body: '{{member}}{{["oauth.token"]}}' }))).not.toContain("placesToken");
});

test("what filters make of the token is returned for masking, without what is too short", () => {
  const body =
    '{{oauth.token | sha256}} {{oauth.token | size}} {{oauth.token | truncate: 3, ""}} {{oauth.token | upcase}} {{oauth.token}}';
  expect(request({ body }).secrets).toEqual([createHash("sha256").update(TOKEN).digest("hex"), TOKEN.toUpperCase()]);
});

test("without a credential it is a fault that says so, for every event, in a secret header only with its place", () => {
  const said = "the webhook has no credential, so there is no token; choose one, or remove the placeholder.";
  expect(fault({ body: "a\n {{oauth.token | upcase}}" }, null)).toBe(
    `body: line 2 column 2, {{oauth.token | upcase}}: ${said}`,
  );
  expect(fault({ url: "https://api.example.com/?t={{ oauth.token }}" }, null)).toBe(
    `url: line 1 column 28, {{ oauth.token }}: ${said}`,
  );
  expect(fault({ headers: { "X-Key": "{{oauth.token}}" }, secretKeys: ["X-Key"] }, null)).toBe(
    "headers/0/value: line 1 column 1; the value is secret, so it is not shown.",
  );
});

test("it is not allowed in a host", () => {
  expect(fault({ url: "https://{{oauth.token}}.example.com/" })).toBe(
    "url: line 1 column 9, {{oauth.token}}: the token is not allowed in a host name.",
  );
});

test("it counts in the budget like any value", () => {
  const body = "{{oauth.token | upcase | truncate: 1}}".repeat(20);
  const compiled = compileWebhook({
    url: "https://a.example/",
    headers: [],
    body,
    attributes: [],
    credentialId: "cr_a",
  });
  const made = renderRequest(compiled, EVENT, new RenderWork(), "t".repeat(60_000));
  expect(made.ok ? "" : made.fault.message).toContain("would process more than");
});
