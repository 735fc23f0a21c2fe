/**
 * The measured process of a common design: a BullMQ worker with 50 concurrent jobs, compiled Handlebars templates, axios with keep-alive. It caches its
 * token and writes no rows. The same process adds the jobs, in bulk.
 */
import { Agent } from "node:https";
import axios from "axios";
import { Queue, Worker } from "bullmq";
import Handlebars from "handlebars";
import { Redis } from "ioredis";
import { measure } from "../cells/measure.ts";
import { eventBytes } from "../support/event.ts";

const CONCURRENCY = 50;
const BACKLOG = 1_000;

process.once("message", (plan) => {
  start(plan)
    .then((cell) => measure(cell, plan))
    .then((result) => process.send({ kind: "result", result }, () => process.exit(0)))
    .catch((error) => {
      console.error(error);
      process.exit(1);
    });
});

async function start({ sinkPort, path, redisPort }) {
  const connection = new Redis({ host: "127.0.0.1", port: redisPort, maxRetriesPerRequest: null });
  const queue = new Queue("bench", { connection });
  const receiver = `https://localhost:${String(sinkPort)}`;
  const client = axios.create({ httpsAgent: new Agent({ keepAlive: true }) });
  const { data: token } = await client.post(`${receiver}/token`, "grant_type=client_credentials");
  const body = Handlebars.compile(
    JSON.stringify({
      to: "{{memberEmail}}",
      name: "{{firstName}} {{lastName}}",
      tier: "{{tier}}",
      text: "t".repeat(520),
    }),
  );
  const url = Handlebars.compile(`${receiver}${path}?member={{memberId}}`);
  const headers = { "content-type": "application/json", authorization: `Bearer ${token.access_token}` };
  const waiting = [];
  let ahead = 0;
  let number = 0;
  const feed = async () => {
    const jobs = Array.from({ length: BACKLOG }, () => {
      number += 1;
      const data = JSON.parse(
        eventBytes(`evt-${String(number)}`, "reward.issued", "p0", new Date().toISOString()).toString(),
      );
      return { name: "event", data, opts: { attempts: 5, removeOnComplete: true } };
    });
    ahead += BACKLOG;
    await queue.addBulk(jobs);
  };
  const worker = new Worker(
    "bench",
    async ({ data: event }) => {
      const { attributes } = event.data;
      await client.post(url(attributes), body(attributes), { headers });
    },
    { connection, concurrency: CONCURRENCY },
  );
  worker.on("completed", () => {
    ahead -= 1;
    waiting.shift()?.();
    if (ahead === BACKLOG / 2) void feed();
  });
  await feed();
  return { call: () => new Promise((resolve) => waiting.push(resolve)) };
}
