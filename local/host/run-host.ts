import type { Server } from "node:http";
import { createBusClients } from "./bus/bus-clients.ts";
import { startPump } from "./bus/bus-pump.ts";
import { runHooks } from "./worker/core-api.ts";
import { planFunction } from "./function-plan.ts";
import type { FunctionPlan } from "./function-plan.ts";
import { isDisabled, readHostSettings } from "./host-settings.ts";
import { createHttpDoor } from "./http/http-door.ts";
import { listen } from "./listen.ts";
import { loadApp } from "./worker/load-app.ts";
import type { LoadedApp } from "./worker/load-app.ts";
import { hostLine, messageOf } from "./log.ts";
import { startTimer } from "./timer/timer-pump.ts";

/** How long shutdown waits for invocations in progress. */
const DRAIN_MS = 8_000;

export interface RunningHost {
  readonly url: string;
  readonly functions: readonly string[];
  /** Functions in error, with the reason; the others run all the same. */
  readonly errors: Readonly<Record<string, string>>;
  /** Stops accepting work, waits for what is in progress (at most 8 s), settles it and runs the appTerminate hooks. */
  stop(): Promise<void>;
}

/** Loads the app and runs its functions. @throws when host.json is not valid or no port is available. */
export async function runHost(options: {
  port: number;
  appDir: string;
  bundle: string | undefined;
}): Promise<RunningHost> {
  const settings = readHostSettings(options.appDir);
  const app = await loadApp(options.appDir, options.bundle);
  const { plans, errors } = planAll(app, (target) => planFunction(target, settings, process.env));
  const running = new Set<Promise<unknown>>();

  const server = createHttpDoor(app.registry, plans, running);
  const port = await listen(server, options.port);
  const clients = createBusClients();
  const pumps = plans
    .filter((plan) => plan.kind === "serviceBus")
    .map((plan) => startPump(app.registry, plan, clients.get(plan.connectionString), settings, running));
  const timers = plans.filter((plan) => plan.kind === "timer").map((plan) => startTimer(app.registry, plan, running));

  return {
    url: `http://localhost:${String(port)}`,
    functions: plans.map((plan) => plan.name),
    errors,
    stop: async () => {
      for (const timer of timers) timer.stop();
      server.close();
      server.closeIdleConnections();
      await within(DRAIN_MS, Promise.allSettled(pumps.map((pump) => pump.stop())));
      await within(DRAIN_MS, drained(running));
      await within(1_000, Promise.allSettled(pumps.map((pump) => pump.close())));
      await within(1_000, clients.close());
      closeAll(server);
      await runHooks(app.registry, "appTerminate", { hookData: {}, appHookData: app.registry.appHookData });
    },
  };
}

function planAll(
  app: LoadedApp,
  plan: (target: Parameters<typeof planFunction>[0]) => FunctionPlan,
): { plans: readonly FunctionPlan[]; errors: Record<string, string> } {
  const plans: FunctionPlan[] = [];
  const errors: Record<string, string> = {};
  for (const [name, target] of app.registry.functions) {
    if (isDisabled(name, process.env)) {
      hostLine(`Function ${name} is disabled.`);
      continue;
    }
    try {
      const one = plan(target);
      if (plans.some((other) => other.name.toLowerCase() === name.toLowerCase()))
        throw new Error(`Another function has the name '${name}' too, ignoring case.`);
      if (one.kind === "http" && app.httpRefusal !== undefined) throw new Error(app.httpRefusal);
      if (target.metadata.retryOptions !== undefined) {
        hostLine(
          `Function ${name} has a retry policy, which this host ignores; on Azure its retries multiply those of the bus.`,
        );
      }
      plans.push(one);
    } catch (thrown) {
      errors[name] = messageOf(thrown);
      hostLine(`The '${name}' function is in error: ${messageOf(thrown)}`);
    }
  }
  return { plans, errors };
}

async function drained(running: Set<Promise<unknown>>): Promise<void> {
  while (running.size > 0) await Promise.allSettled(running);
}

/** Waits for `work`, at most `ms`. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<void>((done) => {
    timer = setTimeout(done, ms);
  });
  await Promise.race([work, bound]);
  clearTimeout(timer);
}

function closeAll(server: Server): void {
  server.closeAllConnections();
}
