import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as z from "zod";
import { makeDeployPackage } from "../../scripts/deploy-package.ts";
import { unzip } from "../unzip.ts";
import { event, startHouse } from "./house.ts";
import type { House } from "./house.ts";

const alone = mkdtempSync(join(tmpdir(), "kls-package-"));
let house: House;

beforeAll(async () => {
  const { zip } = await makeDeployPackage(join(import.meta.dirname, "../.."));
  const files = await unzip(zip);
  for (const { name, content } of files) writeFileSync(join(alone, name), content);
  const manifest = files.find(({ name }) => name === "package.json");
  const { main } = z.object({ main: z.string() }).parse(JSON.parse(String(manifest?.content)));
  house = await startHouse({}, { appDir: alone, bundle: join(alone, main) });
});
afterAll(async () => {
  await house.close();
  rmSync(alone, { recursive: true });
});

test("the folder has no packages at hand, neither in it nor above it", () => {
  const above = [alone];
  while (dirname(above.at(-1) ?? "/") !== above.at(-1)) above.push(dirname(above.at(-1) ?? "/"));
  expect(above.filter((folder) => existsSync(join(folder, "node_modules")))).toEqual([]);
  expect(process.env["NODE_PATH"] ?? "").toBe("");
});

test("unzipped alone, the package takes a webhook over its API and delivers an event to it", async () => {
  await house.create("webhooks", {
    name: "From the package",
    eventTypes: ["reward.issued"],
    url: `https://localhost:${String(house.receiver.port)}/packaged/{{memberId}}`,
    body: '{"event":"{{event.id}}","points":{{points}}}',
  });
  await house.publish("acme", event("evt-packaged", '{"memberId":"M-7","points":0.10}'));
  await house.receiver.until(() => house.receiver.requests.length > 0);
  expect(house.receiver.requests.map(({ path, body }) => [path, body])).toEqual([
    ["/packaged/M-7", '{"event":"evt-packaged","points":0.10}'],
  ]);
  await house.eventually("deliveries?eventId=evt-packaged", ({ json }) => json.at("items", 0, "state") === "delivered");
});
