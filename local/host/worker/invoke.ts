import { randomUUID } from "node:crypto";
import { runHooks, writeLog } from "./core-api.ts";
import type { AppRegistry, RegisteredFunction } from "./core-api.ts";
import { describe, hostLine, messageOf } from "../log.ts";
import type { CoreContext, FunctionCallback, HookContext, InvocationResponse, TypedData } from "./core-types.ts";

export interface Invocation {
  /** Name of the trigger binding. */
  readonly trigger: string;
  readonly data: TypedData;
  readonly metadata: Readonly<Record<string, TypedData>>;
}

/**
 * Runs one invocation as the worker's handler does: arguments, preInvocation hooks, function, postInvocation hooks, response.
 * @throws what the function or a hook threw, once it is logged.
 */
export async function invoke(
  registry: AppRegistry,
  target: RegisteredFunction,
  invocation: Invocation,
): Promise<InvocationResponse> {
  const { model } = registry;
  if (!model) throw new Error("No programming model: the app has not loaded @azure/functions.");
  const invocationId = randomUUID();
  const core: CoreContext = {
    invocationId,
    metadata: target.metadata,
    request: {
      invocationId,
      functionId: target.metadata.name,
      inputData: [{ name: invocation.trigger, data: invocation.data }],
      triggerMetadata: invocation.metadata,
    },
    state: undefined,
    log: (level, category, message) => {
      writeLog(registry, level, category, message);
    },
  };
  try {
    const running = model.getInvocationModel(core);
    const { context, inputs } = await running.getArguments();
    const hookData = {};
    const before: HookContext = {
      hookData,
      appHookData: registry.appHookData,
      invocationContext: context,
      functionCallback: target.callback,
      inputs,
    };
    core.state = "preInvocationHooks";
    await runHooks(registry, "preInvocation", before);

    const after: HookContext = { hookData, appHookData: registry.appHookData, invocationContext: context };
    after["inputs"] = before["inputs"];
    after["result"] = null;
    after["error"] = null;
    core.state = "invocation";
    try {
      after["result"] = await running.invokeFunction(
        context,
        inputsOf(before, inputs),
        callbackOf(before, target.callback),
      );
    } catch (thrown) {
      after["error"] = thrown ?? new Error("The function threw nothing (undefined or null).");
    }
    core.state = "postInvocationHooks";
    await runHooks(registry, "postInvocation", after);
    core.state = undefined;
    if (after["error"] !== null && after["error"] !== undefined) throw toError(after["error"]);
    return await running.getResponse(context, after["result"]);
  } catch (thrown) {
    hostLine(`Executed 'Functions.${target.metadata.name}' (Failed, Id=${invocationId}): ${describe(thrown)}`);
    throw thrown;
  }
}

/** Hooks may have replaced the inputs. */
function inputsOf(before: HookContext, original: unknown[]): unknown[] {
  const swapped: unknown = before["inputs"];
  return Array.isArray(swapped) ? Array.from<unknown>(swapped) : original;
}

/** Hooks may have wrapped the function. */
function callbackOf(before: HookContext, original: FunctionCallback): FunctionCallback {
  const swapped = before["functionCallback"];
  if (typeof swapped !== "function") return original;
  return (...inputs): unknown => Reflect.apply(swapped, undefined, inputs);
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(messageOf(thrown));
}
