import { TableClient, TableServiceClient } from "@azure/data-tables";
import { event, startApp } from "./app-under-test.ts";
import type { AppUnderTest } from "./app-under-test.ts";

let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const SEEDS = {
  header: "seeded-header-value-4711",
  basic: "dXNlcjpzZWVkZWQtcGFzc3dvcmQ=",
  clientSecret: 'seeded-client-"secret"/4712',
  token: "seeded-access-token-4713",
};

/** Every row of every table, as text. */
async function allRows(connectionString: string): Promise<string> {
  const options = { allowInsecureConnection: true };
  const rows: unknown[] = [];
  for await (const { name = "" } of TableServiceClient.fromConnectionString(connectionString, options).listTables()) {
    for await (const row of TableClient.fromConnectionString(connectionString, name, options).listEntities())
      rows.push({ name, row });
  }
  return JSON.stringify(rows);
}

test("seeded secrets are in no table row, no log line and no answer, also where a receiver echoes them", async () => {
  const { port } = app.receiver;
  const answers: string[] = [];
  app.receiver.answers(({ path, headers, body }) => {
    if (path.startsWith("/token"))
      return {
        status: 200,
        body: JSON.stringify({ access_token: SEEDS.token, expires_in: 3600, token_type: "Bearer" }),
      };
    const echo = JSON.stringify({ headers, body, token: SEEDS.token, secret: SEEDS.clientSecret });
    return {
      status: path === "/echo-failing" ? 400 : 200,
      headers: { "x-echo": String(headers["x-api-key"]), "content-type": "application/json" },
      body: echo,
    };
  });
  const credentialId = await app.create("credentials", {
    name: "Seeded",
    url: `https://localhost:${String(port)}/token`,
    headers: [{ key: "Authorization", value: `Basic ${SEEDS.basic}` }],
    body: [
      { key: "grant_type", value: "client_credentials" },
      { key: "client_secret", value: SEEDS.clientSecret },
    ],
  });
  for (const path of ["/echo", "/echo-failing"]) {
    const id = await app.create("webhooks", {
      name: path,
      url: `https://localhost:${String(port)}${path}`,
      credentialId,
      headers: [{ key: "X-Api-Key", value: SEEDS.header }],
      body: "{{event.id}}",
    });
    answers.push((await app.api("GET", `webhooks/${id}`)).json.text);
  }
  await app.publish("acme", event("evt-secrets"));
  await app.eventually(
    "deliveries?eventId=evt-secrets",
    ({ json }) => json.at("items", 1) !== undefined && !json.text.includes('"pending"'),
  );
  const received = app.receiver.requests.find(({ path }) => path === "/echo");
  expect(received?.headers["x-api-key"]).toBe(SEEDS.header);
  expect(received?.headers.authorization).toBe(`Bearer ${SEEDS.token}`);

  const list = await app.api("GET", "deliveries");
  answers.push(list.json.text);
  for (const index of [0, 1]) {
    const delivery = await app.api("GET", `deliveries/${String(list.json.at("items", index, "id"))}`);
    expect(delivery.json.text).toContain("•••");
    expect(delivery.json.at("attempts", 0, "response", "body")).toBeTruthy();
    answers.push(delivery.json.text);
  }
  for (const path of ["webhooks", "credentials", `credentials/${credentialId}`])
    answers.push((await app.api("GET", path)).json.text);

  const places = {
    tables: await allRows(app.stack.runtime.tables),
    logs: (["host", "serviceBus", "tables", "partner"] as const).map((name) => app.stack.logs(name)).join("\n"),
    answers: answers.join("\n"),
  };
  expect(places.tables).toContain("wh_");
  expect(places.logs).toContain("delivery.attempted");
  const escaped = JSON.stringify(SEEDS.clientSecret).slice(1, -1);
  const forms = [
    ...Object.values(SEEDS),
    "seeded-password",
    escaped,
    JSON.stringify(escaped).slice(1, -1),
    encodeURIComponent(SEEDS.clientSecret),
  ];
  for (const [place, text] of Object.entries(places)) {
    for (const secret of forms)
      expect({ place, secret, found: text.includes(secret) }).toEqual({ place, secret, found: false });
  }
});
