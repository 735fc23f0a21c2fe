import * as z from "zod";
import type { PartnerControl } from "../../../local/partner/control.ts";
import { partnerFixture } from "./partner-fixture.ts";
import type { PartnerFixture } from "./partner-fixture.ts";

const JSON_TYPE = { "content-type": "application/json" };

let partner: PartnerFixture;
let control: PartnerControl;
beforeEach(async () => {
  partner = await partnerFixture();
  control = partner.control();
});
afterEach(() => partner.close());

const send: PartnerFixture["send"] = (...request) => partner.send(...request);
const statusOf: PartnerFixture["statusOf"] = (...request) => partner.statusOf(...request);

describe("a token endpoint", () => {
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const ask = async (path: string, headers: Record<string, string>, body: string): Promise<[number, unknown]> => {
    const answer = await send(path, headers, body);
    return [answer.statusCode, await answer.body.json()];
  };

  test("issues a token for exactly what it expects and says what is wrong with anything else", async () => {
    await control.token("acme", {
      expect: {
        method: "POST",
        contentType: "application/x-www-form-urlencoded",
        body: [
          ["grant_type", "client_credentials"],
          ["client_secret", "s&=ü"],
        ],
        query: [["audience", "mail"]],
        headers: [["x-tenant", "7"]],
      },
      answer: { token: "t1" },
    });
    const path = "/oauth/token/acme?audience=mail";
    const headers = { ...form, "x-tenant": "7" };
    const good = "grant_type=client_credentials&client_secret=s%26%3D%C3%BC";
    expect(await ask(path, headers, good)).toEqual([
      200,
      { access_token: "t1", token_type: "Bearer", expires_in: 3600 },
    ]);
    const refused = async (wrong: Promise<[number, unknown]>, status: number, error: string, description: string) => {
      expect(await wrong).toEqual([status, { error, error_description: description }]);
    };
    await refused(ask(path, form, good), 400, "invalid_request", "The header x-tenant is missing.");
    await refused(
      ask("/oauth/token/acme", headers, good),
      400,
      "invalid_request",
      "The query parameter audience is missing.",
    );
    await refused(ask(path, headers, `${good}&extra=1`), 400, "invalid_request", "The body field extra is unexpected.");
    await refused(
      ask(path, headers, `${good}&client_secret=1`),
      400,
      "invalid_request",
      "The body field client_secret was sent twice.",
    );
    await refused(
      ask(path, headers, "grant_type=client_credentials&client_secret=no"),
      401,
      "invalid_client",
      "The body field client_secret has the wrong value.",
    );
    await refused(
      ask(path, headers, "grant_type=password&client_secret=no"),
      400,
      "unsupported_grant_type",
      "The body field grant_type has the wrong value.",
    );
    await refused(
      ask(path, { ...headers, ...JSON_TYPE }, "{}"),
      400,
      "invalid_request",
      "The content type is application/json; expected application/x-www-form-urlencoded.",
    );
    expect((await control.tokenRequests("acme")).map(({ answered }) => answered.status)).toEqual([
      200, 400, 400, 400, 400, 401, 400, 400,
    ]);
  });

  test("accepts JSON, and answers in another form", async () => {
    await control.token("acme", {
      expect: { contentType: "application/json", body: [["client_id", "a"]] },
      answer: {
        token: "t1",
        tokenPath: "data.token.value",
        expiresInPath: "data.ttl",
        typePath: null,
        expiresInAsText: true,
        expiresIn: 60,
      },
    });
    expect(await ask("/oauth/token/acme", JSON_TYPE, '{"client_id":"a"}')).toEqual([
      200,
      { data: { token: { value: "t1" }, ttl: "60" } },
    ]);
    expect((await ask("/oauth/token/acme", JSON_TYPE, '{"client_id":1}'))[0]).toBe(400);
    expect((await ask("/oauth/token/acme", JSON_TYPE, "nonsense"))[0]).toBe(400);
  });

  test("its tokens are accepted by a receiver until they expire or are revoked", async () => {
    await control.token("acme", { answer: { expiresIn: 60 } });
    await control.receiver("mail", { auth: { token: "acme" } });
    await control.receiver("crm", { auth: { token: "acme", header: "X-Token", prefix: "" } });
    const newToken = async (): Promise<string> => {
      const [, answer] = await ask("/oauth/token/acme", form, "");
      return z.object({ access_token: z.string() }).parse(answer).access_token;
    };
    const token = await newToken();
    expect(await statusOf("/in/mail", { authorization: `Bearer ${token}` })).toBe(200);
    expect(await statusOf("/in/crm", { "x-token": token })).toBe(200);
    expect(await statusOf("/in/mail", { authorization: `Token ${token}` })).toBe(401);
    expect(await statusOf("/in/mail", { authorization: "Bearer other" })).toBe(401);
    const bare = await send("/in/mail");
    expect([bare.headers["www-authenticate"], await bare.body.text()]).toEqual([
      'Bearer realm="partner"',
      "The header Authorization is missing.",
    ]);
    partner.pass(60_000);
    const late = await send("/in/mail", { authorization: `Bearer ${token}` });
    expect([late.statusCode, late.headers["www-authenticate"], await late.body.text()]).toEqual([
      401,
      'Bearer realm="partner", error="invalid_token", error_description="The access token has expired."',
      "The access token has expired.",
    ]);
    const second = await newToken();
    expect(await control.revoke("acme")).toBe(2);
    expect(await statusOf("/in/mail", { authorization: `Bearer ${second}` })).toBe(401);
    const records = await control.requests("mail");
    expect(records.at(-1)?.answered.why).toBe("The access token was revoked.");
  });

  test("fails when configured to", async () => {
    await control.token("default", { faults: [{ kind: "status", status: 500, times: 1 }] });
    expect([await statusOf("/oauth/token"), await statusOf("/oauth/token")]).toEqual([500, 200]);
  });
});
