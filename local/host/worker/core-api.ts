import Module from "node:module";
import { describe, errorLine, printLine } from "../log.ts";
import type {
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  HookContext,
  HookName,
  LogCategory,
  LogLevel,
  ProgrammingModel,
} from "./core-types.ts";

export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

/** What the app has registered with the worker. */
export interface AppRegistry {
  readonly functions: Map<string, RegisteredFunction>;
  readonly hooks: ReadonlyMap<HookName, Set<HookCallback>>;
  readonly appHookData: HookContext;
  model: ProgrammingModel | undefined;
  /** Set once loading is over: later registrations throw, as in the real worker. */
  locked: boolean;
}

const HOOK_NAMES: readonly HookName[] = ["preInvocation", "postInvocation", "appStart", "appTerminate", "log"];

export function createRegistry(): AppRegistry {
  return {
    functions: new Map(),
    hooks: new Map(HOOK_NAMES.map((name) => [name, new Set()])),
    appHookData: {},
    model: undefined,
    locked: false,
  };
}

/**
 * Runs every hook of one kind in order of registration; they read and change `context`.
 * @throws what a hook throws.
 */
export async function runHooks(registry: AppRegistry, name: HookName, context: HookContext): Promise<void> {
  for (const hook of registry.hooks.get(name) ?? []) await hook(context);
}

/** Writes a log entry after the log hooks; a hook may change the message, or suppress it with level `none`. */
export function writeLog(registry: AppRegistry, level: LogLevel, category: LogCategory, message: string): void {
  const entry: HookContext = { level, category, message, hookData: {}, appHookData: registry.appHookData };
  for (const hook of registry.hooks.get("log") ?? []) {
    try {
      hook(entry);
    } catch (thrown) {
      errorLine(`A log hook failed: ${describe(thrown)}`);
    }
  }
  if (entry["level"] === "none" || entry["level"] === "trace") return;
  printLine(String(entry["message"]));
}

/** The object that the library gets from `require("@azure/functions-core")`. */
export function createCoreApi(registry: AppRegistry) {
  return {
    version: "3.9.1",
    hostVersion: "4.1037.0",
    setProgrammingModel(model: ProgrammingModel): void {
      registry.model = model;
    },
    getProgrammingModel(): ProgrammingModel | undefined {
      return registry.model;
    },
    registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
      if (registry.locked) {
        throw new Error("A function can only be registered during app startup.");
      }
      // The worker compares names exactly; the host ignores case.
      if (registry.functions.has(metadata.name)) {
        throw new Error(`A function with name "${metadata.name}" has already been registered.`);
      }
      registry.functions.set(metadata.name, { metadata, callback });
      return new Disposable(() => {
        if (registry.locked) throw new Error("A function can only be disposed during app startup.");
        registry.functions.delete(metadata.name);
      });
    },
    registerHook(name: HookName, callback: HookCallback): Disposable {
      const hooks = registry.hooks.get(name);
      if (!hooks) throw new RangeError(`Unrecognized hook "${name}".`);
      hooks.add(callback);
      return new Disposable(() => {
        hooks.delete(callback);
      });
    },
    log(level: LogLevel, category: LogCategory, message: string): void {
      writeLog(registry, level, category, message);
    },
    Disposable,
  };
}

/** The worker's Disposable, which the library hands on to the app. */
class Disposable {
  readonly #onDispose: () => void;

  constructor(onDispose: () => void) {
    this.#onDispose = onDispose;
  }

  static from(...many: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const one of many) one.dispose();
    });
  }

  dispose(): void {
    this.#onDispose();
  }
}

/** From now on `require("@azure/functions-core")` returns `coreApi` in every module of the process, as in the worker. */
export function offerCoreModule(coreApi: unknown): void {
  const original: unknown = Reflect.get(Module.prototype, "require");
  if (typeof original !== "function")
    throw new Error("Module.prototype.require is missing: this Node is not supported.");
  Reflect.set(Module.prototype, "require", function requireWithCore(this: unknown, id: string): unknown {
    return id === "@azure/functions-core" ? coreApi : Reflect.apply(original, this, [id]);
  });
}
