import { event, startHouse } from "./house.ts";
import type { House } from "./house.ts";

let house: House;
beforeAll(async () => {
  house = await startHouse();
});
afterAll(() => house.close());

const EVENTS = 1_000;

test("2,000 events over two clients, the host killed in the middle: each arrives, repeats carry the same id, nothing is left unfinished", async () => {
  house.receiver.answers(() => new Promise((resolve) => setTimeout(() => { resolve({ status: 200 }); }, 20)));
  for (const client of ["acme", "globex"]) {
    const url = `https://localhost:${String(house.receiver.port)}/${client}`;
    await house.create("webhooks", { name: "Crash", url, body: "{{event.id}}" }, client);
  }
  const names = Array.from({ length: EVENTS }, (_, index) => `evt-${String(index)}`);
  await Promise.all(["acme", "globex"].map((client) => house.publish(client, ...names.map((name) => event(name)))));
  await house.receiver.until((requests) => requests.length > EVENTS / 2, 60_000);
  const back = house.stack.processes.host.restarted();
  house.stack.processes.host.kill("SIGKILL");
  await back;

  const wanted = (client: string) => new Set(house.receiver.requests.filter(({ path }) => path === `/${client}`).map(({ body }) => body));
  await house.receiver.until(() => wanted("acme").size === EVENTS && wanted("globex").size === EVENTS, 180_000);

  const idOf = new Map<string, string>();
  for (const { path, body, headers } of house.receiver.requests) {
    const key = `${path} ${body}`;
    const id = String(headers["webhook-id"]);
    expect(idOf.get(key) ?? id).toBe(id);
    idOf.set(key, id);
  }
  expect(new Set(idOf.values()).size).toBe(2 * EVENTS);

  for (const state of ["pending", "retrying", "waiting"]) {
    await house.eventually(`deliveries?state=${state}`, ({ json }) => json.at("items", 0) === undefined && json.at("next") === null, 120_000);
  }
}, 400_000);
