/** A measured process: receives its plan, measures, and sends the result back. */
import { deliveryCell } from "./delivery.ts";
import { logCell } from "./log.ts";
import { measure } from "./measure.ts";
import { planSchema } from "./plan.ts";
import type { Cell, Plan } from "./plan.ts";
import { rawCell } from "./raw.ts";
import { sampleCell } from "./sample.ts";

const KINDS: Readonly<Record<Plan["cell"], (plan: Plan) => Promise<Cell>>> = {
  raw: rawCell,
  delivery: deliveryCell,
  sample: sampleCell,
  log: logCell,
  bullmq: () => Promise.reject(new Error("BullMQ runs in bench/bullmq/main.mjs.")),
};

process.once("message", (message) => {
  const plan = planSchema.parse(message);
  KINDS[plan.cell](plan)
    .then((cell) => measure(cell, plan))
    .then((result) => process.send?.({ kind: "result", result }, () => process.exit(0)))
    .catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
});
