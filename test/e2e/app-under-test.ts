import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServiceBusClient } from "@azure/service-bus";
import { ensureCa, issueCertificate } from "../../local/ca/ca.ts";
import { startStack } from "../../local/stack/stack.ts";
import type { Stack, StackOptions } from "../../local/stack/stack.ts";
import { checkAnswer } from "../support/checked-answer.ts";
import { PATIENCE_MS, startReceiver } from "./receiver.ts";
import type { Receiver } from "./receiver.ts";

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  // Answers are read by the tests as the contract writes them.
  readonly json: Json;
}

/** A JSON value that tests walk without naming its type at each step. */
export interface Json {
  readonly text: string;
  readonly value: unknown;
  at(...path: (string | number)[]): unknown;
}

export interface AppUnderTest {
  readonly stack: Stack;
  readonly receiver: Receiver;
  /** Calls the API as an outside client would: HTTP, a token, the paths of the contract. */
  api(method: string, path: string, body?: unknown, options?: CallOptions): Promise<ApiAnswer>;
  /** Creates a webhook or credential and answers its id; fails the test unless the API says 201. */
  create(kind: "webhooks" | "credentials", body: unknown, client?: string): Promise<string>;
  /** Puts message bodies on the client's topic. */
  publish(client: string, ...bodies: (string | Buffer)[]): Promise<void>;
  /** Asks the API until the answer is as wanted. */
  eventually(path: string, wanted: (answer: ApiAnswer) => boolean, timeoutMs?: number): Promise<ApiAnswer>;
  close(): Promise<void>;
}

export interface CallOptions {
  readonly token?: string | null;
  readonly client?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The whole stack on free ports with tables in memory, and a receiver of the test's own that deliveries may reach.
 *
 * @param app what runs in it; the project, built once for all files, by default
 */
export async function startApp(
  env: Readonly<Record<string, string>> = {},
  app: Pick<StackOptions, "appDir" | "bundle" | "node"> = {},
): Promise<AppUnderTest> {
  const stateDir = mkdtempSync(join(tmpdir(), "kls-e2e-"));
  await ensureCa(stateDir);
  const receiver = await startReceiver(await issueCertificate(stateDir, ["localhost"]));
  const bundle = process.env["E2E_BUNDLE"];
  const stack = await startStack({
    ports: "free",
    tables: "memory",
    stateDir,
    ...(bundle === undefined ? {} : { bundle }),
    ...app,
    env: {
      ...env,
      OUTBOUND_ALLOW: [`localhost:${String(receiver.port)}`, env["OUTBOUND_ALLOW"]].filter(Boolean).join(","),
    },
  });
  const { runtime } = stack;

  const api: AppUnderTest["api"] = async (method, path, body, options = {}) => {
    const client = options.client ?? "acme";
    const token = options.token === undefined ? runtime.tokens.admin : options.token;
    const whole = `api/clients/${client}/programs/rewards/environments/uat/${path}`;
    const response = await fetch(`${runtime.api}/${whole}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const json = jsonOf(await response.text());
    checkAnswer(method, whole, response.status, json.value);
    return { status: response.status, headers: response.headers, json };
  };

  return {
    stack,
    receiver,
    api,
    create: async (kind, body, client = "acme") => {
      const answer = await api("POST", kind, body, { client });
      if (answer.status !== 201)
        throw new Error(`${kind} was not created: ${String(answer.status)} ${answer.json.text}`);
      return String(answer.json.at("id"));
    },
    publish: async (client, ...bodies) => {
      const bus = runtime.clients[client];
      if (!bus) throw new Error(`No client ${client}.`);
      const sender = new ServiceBusClient(bus.connectionString);
      const topic = sender.createSender(bus.topic);
      for (let start = 0; start < bodies.length; start += 100) {
        const batch = bodies.slice(start, start + 100).map((text) => ({ body: Buffer.from(text) }));
        await topic.sendMessages(batch.map((message) => ({ ...message, contentType: "application/cloudevents+json" })));
      }
      await sender.close();
    },
    eventually: async (path, wanted, timeoutMs = PATIENCE_MS) => {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const answer = await api("GET", path);
        if (wanted(answer)) return answer;
        if (Date.now() > deadline) throw new Error(`Not so within ${String(timeoutMs)} ms: ${answer.json.text}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    close: async () => {
      await stack.close();
      await receiver.close();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

function jsonOf(text: string): Json {
  let value: unknown;
  try {
    value = text === "" ? undefined : JSON.parse(text);
  } catch {
    value = undefined;
  }
  return {
    text,
    value,
    at: (...path) =>
      path.reduce<unknown>((inner, key) => {
        if (Array.isArray(inner)) return inner[Number(key)];
        return inner !== null && typeof inner === "object"
          ? new Map(Object.entries(inner)).get(String(key))
          : undefined;
      }, value),
  };
}

/** An event of KLS as JSON text; `attributes` is JSON text too, so that numbers go out with the digits they are written with. */
export function event(
  id: string,
  attributes = "{}",
  more: { type?: string; program?: string; environment?: string; time?: string } = {},
): string {
  const { type = "reward.issued", program = "rewards", environment = "uat", time = new Date().toISOString() } = more;
  return `{"specversion":"1.0","id":${JSON.stringify(id)},"source":"/kls/e2e","time":"${time}","type":"com.kognitiv.loyalty.${type}",
    "datacontenttype":"application/json","data":{"program":"${program}","environment":"${environment}","attributes":${attributes}}}`;
}
