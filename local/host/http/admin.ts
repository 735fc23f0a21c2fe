import type { ServerResponse } from "node:http";
import type { AppRegistry } from "../worker/core-api.ts";
import type { FunctionPlan } from "../function-plan.ts";
import type { Invocation } from "../worker/invoke.ts";
import { invoke } from "../worker/invoke.ts";
import { isRecord } from "../records.ts";
import { timerInput } from "../timer/timer-pump.ts";

interface AdminRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Uint8Array;
}

/**
 * The admin routes of the host that tests need: `POST /admin/functions/NAME` with `{"input":"…"}` runs any function and answers 202
 * at once; `GET /admin/host/status` reports that the host is running. No keys, as in Core Tools.
 */
export async function handleAdmin(
  registry: AppRegistry,
  plans: readonly FunctionPlan[],
  request: AdminRequest,
  response: ServerResponse,
): Promise<void> {
  if (request.method === "GET" && /^\/admin\/host\/status\/?$/i.test(request.path)) {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ state: "Running" }));
    return;
  }
  const name = /^\/admin\/functions\/([^/]+)\/?$/i.exec(request.path)?.[1]?.toLowerCase();
  const plan = plans.find((one) => one.name.toLowerCase() === name);
  if (!plan || request.method !== "POST") {
    response.writeHead(404, { "content-length": "0" }).end();
    return;
  }
  const input = inputOf(request.body);
  if (input === undefined) {
    response
      .writeHead(400, { "content-type": "text/plain" })
      .end('The body must be JSON of the form {"input": "text"}.\n');
    return;
  }
  response.writeHead(202, { "content-length": "0" }).end();
  // invoke has logged a failure, and the caller has its answer already.
  await invoke(registry, plan.target, invocationOf(plan, input)).catch(() => undefined);
}

function invocationOf(plan: FunctionPlan, input: string): Invocation {
  switch (plan.kind) {
    case "timer":
      return { trigger: plan.trigger, data: timerInput(plan, undefined, new Date()), metadata: {} };
    case "serviceBus":
      return {
        trigger: plan.trigger,
        data: plan.binary ? { bytes: Buffer.from(input) } : { string: input },
        metadata: {},
      };
    case "http": {
      const url = `http://localhost/${plan.route.template}`;
      return {
        trigger: plan.trigger,
        data: { http: { url, method: "POST", body: { bytes: Buffer.from(input) } } },
        metadata: {},
      };
    }
  }
}

function inputOf(body: Uint8Array): string | undefined {
  if (body.length === 0) return "";
  try {
    const json: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
    const input = isRecord(json) ? (json["input"] ?? "") : undefined;
    return typeof input === "string" ? input : undefined;
  } catch {
    return undefined;
  }
}
