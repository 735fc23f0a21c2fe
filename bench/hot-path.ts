import { join } from "node:path";
import type { BenchOptions } from "./support/bench.ts";
import { openCells } from "./support/cells.ts";
import type { Cells, Seen } from "./support/cells.ts";
import { DELIVERY_GROUPS, prepare } from "./support/delivery-cases.ts";
import type { DeliveryCase, DeliveryGroup } from "./support/delivery-cases.ts";
import { groupLines } from "./support/group-lines.ts";
import { missingForBullmq } from "./support/redis.ts";
import { interleaved } from "./support/rounds.ts";
import { openSurroundings } from "./support/surroundings.ts";
import type { Surroundings } from "./support/surroundings.ts";

const ROUNDS = 5;
const FEW_ROUNDS = 2;
const TIMES = { warmUpMs: 3_000, measureMs: 2_000 };
const QUICK_TIMES = { warmUpMs: 1_200, measureMs: 1_000 };

/**
 * Deliveries per second and CPU per delivery, next to a bare POST of 600 bytes with the same number in flight: one process, TLS, a receiver that is
 * not the bottleneck. With rows, a delivery counts once its rows are durable.
 */
export async function run({ quick, print }: BenchOptions): Promise<void> {
  const surroundings = await openSurroundings();
  try {
    const root = join(import.meta.dirname, "..");
    const cells = await openCells({ root, ca: surroundings.ca, patienceMs: quick ? 2_000 : 40_000 });
    const missing = missingForBullmq(root);
    if (missing !== undefined && !quick) print("", `BullMQ is not measured: ${missing}.`);
    const isHere = ({ cell, few }: DeliveryCase): boolean =>
      (cell !== "bullmq" || missing === undefined) && (!quick || few !== true);
    for (const group of DELIVERY_GROUPS)
      print(
        ...groupLines(
          group,
          await measure({ ...group, cases: group.cases.filter(isHere) }, quick, cells, surroundings),
        ),
      );
  } finally {
    await surroundings.close();
  }
}

function measure(
  group: DeliveryGroup,
  quick: boolean,
  cells: Cells,
  surroundings: Surroundings,
): Promise<ReadonlyMap<string, readonly Seen[]>> {
  const roundsOf = ({ few }: DeliveryCase): number => (quick ? 1 : few === true ? FEW_ROUNDS : ROUNDS);
  const cases = group.cases.map((one) => ({ ...one, rounds: roundsOf(one) }));
  return interleaved(cases, async (one) => {
    const { plan, peers } = await prepare(one, group, quick ? QUICK_TIMES : TIMES, surroundings);
    return cells.run(plan, peers);
  });
}
