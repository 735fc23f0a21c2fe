import type { Plan } from "../cells/plan.ts";
import type { Target } from "./statistics.ts";
import type { Surroundings } from "./surroundings.ts";

/** A way of delivering that is measured, and what is promised of it, as ratios to a bare POST. */
export interface DeliveryCase {
  readonly name: string;
  readonly delivery?: { readonly rows: boolean; readonly credential: boolean; readonly scopes: number };
  readonly rate?: Target;
  readonly cpu?: Target;
}

const atLeast = (value: number): Target => ({ is: "at-least", value });
const atMost = (value: number): Target => ({ is: "at-most", value });

/** The first is the yardstick. */
export const DELIVERY_CASES: readonly DeliveryCase[] = [
  { name: "raw" },
  { name: "no row, no credential", delivery: { rows: false, credential: false, scopes: 1 } },
  { name: "no row, credential", delivery: { rows: false, credential: true, scopes: 1 }, rate: atLeast(0.33) },
  {
    name: "rows, 1 scope",
    delivery: { rows: true, credential: true, scopes: 1 },
    rate: atLeast(0.25),
    cpu: atMost(4.5),
  },
  { name: "rows, 4 scopes", delivery: { rows: true, credential: true, scopes: 4 }, rate: atLeast(0.2) },
  { name: "rows, 20 scopes", delivery: { rows: true, credential: true, scopes: 20 }, rate: atLeast(0.12) },
];

/** How long and how much at a time. */
export type Load = Pick<Plan, "path" | "inFlight" | "warmUpMs" | "measureMs">;

/** What the measured process is told. */
export function planOf(
  { delivery }: DeliveryCase,
  load: Load,
  { sink, connectionString, keyFile }: Surroundings,
): Plan {
  const common = { ...load, sinkPort: sink.port };
  if (!delivery) return { ...common, cell: "raw" };
  return { ...common, cell: "delivery", delivery: { ...delivery, tables: connectionString, keyFile } };
}
