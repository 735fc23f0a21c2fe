import type { DeliveryPlan, PlanInput } from "../cells/plan.ts";
import { atLeast, atMost } from "./statistics.ts";
import type { Target } from "./statistics.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Peer } from "./peer.ts";

/** A measured way of delivering, and its targets. */
export interface DeliveryCase {
  readonly name: string;
  readonly cell: "raw" | "delivery" | "sample" | "bullmq";
  readonly delivery?: DeliveryPlan;
  readonly azurite?: boolean;
  /** Overrides the group's. */
  readonly inFlight?: number;
  /** Fewer rounds: for comparison only. */
  readonly few?: boolean;
  /** Ratios to the yardstick. */
  readonly rate?: Target;
  readonly cpu?: Target;
  readonly p99?: Target;
  /** In MB. */
  readonly rss?: Target;
}

/** Cases measured side by side; the first is the yardstick. */
export interface DeliveryGroup {
  readonly title: string;
  readonly path: string;
  readonly inFlight: number;
  readonly cases: readonly DeliveryCase[];
}

const product = (
  name: string,
  delivery: DeliveryPlan,
  more: Omit<DeliveryCase, "name" | "cell" | "delivery"> = {},
): DeliveryCase => ({
  name,
  cell: "delivery",
  delivery,
  ...more,
});
const withRows = (scopes: number): DeliveryPlan => ({ rows: true, credential: true, scopes });

export const DELIVERY_GROUPS: readonly DeliveryGroup[] = [
  {
    title: "64 in flight, the receiver answers at once",
    path: "/in",
    inFlight: 64,
    cases: [
      { name: "raw", cell: "raw" },
      product("no row, no credential", { rows: false, credential: false, scopes: 1 }),
      product("no row, credential", { rows: false, credential: true, scopes: 1 }, { rate: atLeast(0.33) }),
      product("rows, 1 scope", withRows(1), { rate: atLeast(0.25), cpu: atMost(4.5), rss: atMost(280) }),
      product("rows, 4 scopes", withRows(4), { rate: atLeast(0.2), rss: atMost(280) }),
      product("rows, 20 scopes", withRows(20), { rate: atLeast(0.12), rss: atMost(280) }),
      product("rows on Azurite, 1 scope", withRows(1), { azurite: true, few: true }),
      { name: "after the SDKs' samples, 16 in flight", cell: "sample", inFlight: 16, few: true },
      { name: "BullMQ, Handlebars, axios, no row", cell: "bullmq", few: true },
    ],
  },
  {
    title: "256 in flight, the receiver answers after 50 ms",
    path: "/d50",
    inFlight: 256,
    cases: [
      { name: "raw, 50 ms", cell: "raw" },
      product("rows, 4 scopes, 50 ms", withRows(4), { rate: atLeast(0.9), p99: atMost(1.4) }),
    ],
  },
];

/** Warm-up and measured time, in milliseconds. */
export type Times = Pick<PlanInput, "warmUpMs" | "measureMs">;

/** The plan of a cell, and the processes it talks to. */
export interface Prepared {
  readonly plan: PlanInput;
  readonly peers: ReadonlyMap<string, Peer>;
}

export async function prepare(
  { cell, delivery, azurite, inFlight }: DeliveryCase,
  group: Omit<DeliveryGroup, "cases" | "title">,
  times: Times,
  surroundings: Surroundings,
): Promise<Prepared> {
  const { sink, keyFile } = surroundings;
  const tables = azurite === true ? await surroundings.azurite() : surroundings.tables;
  const redis = cell === "bullmq" ? await surroundings.redis() : undefined;
  const peers = new Map([["sink", sink], redis ? ["redis", redis] : ["tables", tables]]);
  const plan = {
    cell,
    ...times,
    path: group.path,
    inFlight: inFlight ?? group.inFlight,
    sinkPort: sink.port,
    tables: tables.connectionString,
    keyFile,
    ...(delivery ? { delivery } : {}),
    ...(redis ? { redisPort: redis.port } : {}),
  };
  return { plan, peers };
}
