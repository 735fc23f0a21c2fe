import type { RegisteredFunction } from "./worker/core-api.ts";
import type { Binding } from "./worker/core-types.ts";
import { parseSchedule } from "./timer/cron.ts";
import type { Schedule } from "./timer/cron.ts";
import { refuseReservedRoute } from "./http/host-paths.ts";
import { connectionString, resolvePercents } from "./host-settings.ts";
import type { Environment, HostSettings } from "./host-settings.ts";
import { parseRoute } from "./http/route.ts";
import type { Route } from "./http/route.ts";

interface Common {
  readonly name: string;
  readonly target: RegisteredFunction;
  /** Name of the trigger binding. */
  readonly trigger: string;
}

export interface HttpPlan extends Common {
  readonly kind: "http";
  readonly route: Route;
  /** Upper case; empty means every method. */
  readonly methods: ReadonlySet<string>;
}

export interface BusPlan extends Common {
  readonly kind: "serviceBus";
  readonly connectionString: string;
  readonly entity: { readonly queue: string } | { readonly topic: string; readonly subscription: string };
  readonly cardinality: "one" | "many";
  readonly binary: boolean;
  /** With `sdkBinding`: the function gets the whole message, whatever its dataType. */
  readonly whole: boolean;
  readonly autoComplete: boolean;
}

export interface TimerPlan extends Common {
  readonly kind: "timer";
  readonly schedule: Schedule;
  readonly runOnStartup: boolean;
}

export type FunctionPlan = HttpPlan | BusPlan | TimerPlan;

/**
 * How to run one function.
 * @throws when the real host would put the function in error, or it needs something that this host does not support.
 */
export function planFunction(
  target: RegisteredFunction,
  settings: HostSettings,
  environment: Environment,
): FunctionPlan {
  const { name } = target.metadata;
  if (!/^[a-z][a-z0-9_-]{0,127}$/i.test(name) || name.toLowerCase() === "host") {
    throw new Error(
      `'${name}' is not a valid function name: a letter, then up to 127 letters, digits, '-' or '_', and not 'host'.`,
    );
  }
  const binding = soleTrigger(Object.entries(target.metadata.bindings));
  const common = { name, target, trigger: binding.name };
  switch (binding.type.toLowerCase()) {
    case "httptrigger":
      return planHttp(common, binding, settings);
    case "servicebustrigger":
      return planBus(common, binding, settings, environment);
    case "timertrigger":
      return {
        ...common,
        kind: "timer",
        schedule: parseSchedule(resolvePercents(text(binding, "schedule"), environment)),
        runOnStartup: binding["runOnStartup"] === true,
      };
    default:
      throw new Error(
        `The binding type '${binding.type}' is not registered: this local host runs httpTrigger, serviceBusTrigger and timerTrigger.`,
      );
  }
}

/** The only trigger. @throws when there is not exactly one, or a binding is not supported. */
function soleTrigger(bindings: readonly (readonly [string, Binding])[]): Binding {
  const seen = new Set<string>();
  const triggers: Binding[] = [];
  // The key is the name that the worker reports to the host: `$return` for the response, whatever the library calls it internally.
  for (const [name, binding] of bindings) {
    const lower = name.toLowerCase();
    if (seen.has(lower)) throw new Error(`Multiple bindings named '${name}': names must be unique, ignoring case.`);
    seen.add(lower);
    if (isWhole(binding) && binding.type.toLowerCase() !== "servicebustrigger")
      throw new Error(`Binding '${name}' uses sdkBinding, which this local host supports for serviceBusTrigger only.`);
    if (/trigger$/i.test(binding.type)) triggers.push(binding);
    else if (!(name === "$return" && binding.type.toLowerCase() === "http")) {
      throw new Error(
        `Binding '${name}' of type '${binding.type}' is not supported by this local host: only triggers and the HTTP response are.`,
      );
    }
  }
  const [trigger, ...others] = triggers;
  if (!trigger || others.length > 0)
    throw new Error(`A function needs exactly one trigger; this one has ${String(triggers.length)}.`);
  return trigger;
}

function planHttp(common: Common, binding: Binding, settings: HostSettings): HttpPlan {
  const own = binding["route"];
  const route = typeof own === "string" && own.trim() !== "" ? own : common.name;
  refuseReservedRoute(route);
  const methods = Array.isArray(binding["methods"])
    ? binding["methods"].map((method) => String(method).toUpperCase())
    : [];
  return {
    ...common,
    kind: "http",
    // authLevel is ignored, as Core Tools ignores it locally.
    route: parseRoute([settings.routePrefix, route.replace(/^\/+|\/+$/g, "")].filter((part) => part !== "").join("/")),
    methods: new Set(methods),
  };
}

function planBus(common: Common, binding: Binding, settings: HostSettings, environment: Environment): BusPlan {
  if (binding["isSessionsEnabled"] === true) {
    throw new Error("Sessions (isSessionsEnabled) are not supported by this local host.");
  }
  const dataType = optionalText(binding, "dataType")?.toLowerCase();
  if (dataType !== undefined && !["binary", "string", "undefined"].includes(dataType)) {
    throw new Error(`dataType '${dataType}' is not supported by this local host: use 'binary' or 'string'.`);
  }
  const cardinality = optionalText(binding, "cardinality")?.toLowerCase() ?? "one";
  if (cardinality !== "one" && cardinality !== "many")
    throw new Error(`cardinality '${cardinality}' is neither 'one' nor 'many'.`);
  const whole = isWhole(binding);
  if (whole && cardinality === "many")
    throw new Error("sdkBinding with cardinality 'many' is not done by this local host.");
  const own = binding["autoCompleteMessages"];
  return {
    ...common,
    kind: "serviceBus",
    entity:
      optionalText(binding, "queueName") === undefined
        ? {
            topic: resolvePercents(text(binding, "topicName"), environment),
            subscription: resolvePercents(text(binding, "subscriptionName"), environment),
          }
        : { queue: resolvePercents(text(binding, "queueName"), environment) },
    connectionString: connectionString(optionalText(binding, "connection") ?? "ServiceBus", environment),
    cardinality,
    binary: dataType === "binary",
    whole,
    autoComplete: typeof own === "boolean" ? own : settings.autoCompleteMessages,
  };
}

/** By the library's flag, not the option: that is what the real host reads. */
function isWhole(binding: Binding): boolean {
  return binding.properties?.["supportsDeferredBinding"] === "true";
}

function optionalText(binding: Binding, option: string): string | undefined {
  const value = binding[option];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function text(binding: Binding, option: string): string {
  const value = optionalText(binding, option);
  if (value === undefined) throw new Error(`Binding '${binding.name}' of type '${binding.type}' has no '${option}'.`);
  return value;
}
