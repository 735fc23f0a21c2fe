import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isRecord } from "./records.ts";

/** What this host reads of host.json; the rest is for Azure only. */
export interface HostSettings {
  /** Without leading and trailing slashes; may be empty. */
  readonly routePrefix: string;
  readonly maxConcurrentCalls: number;
  readonly maxAutoLockRenewalMs: number;
  readonly autoCompleteMessages: boolean;
  readonly maxMessageBatchSize: number;
}

/** The app's settings; on Azure they are environment variables too. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the app's host.json; without one the defaults of the Service Bus extension 5.x apply.
 * @throws when the file is not JSON, is not version 2.0 or a value is out of range.
 */
export function readHostSettings(appDir: string): HostSettings {
  const file = join(appDir, "host.json");
  const json: unknown = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { version: "2.0" };
  if (at(json, "version") !== "2.0") throw new Error(`${file}: "version" must be "2.0".`);
  const bus = at(json, "extensions", "serviceBus");
  const prefix = at(json, "extensions", "http", "routePrefix");
  const autoComplete = at(bus, "autoCompleteMessages");
  return {
    routePrefix: typeof prefix === "string" ? prefix.replace(/^\/+|\/+$/g, "") : "api",
    maxConcurrentCalls: wholeNumber(at(bus, "maxConcurrentCalls"), 16, "maxConcurrentCalls"),
    maxAutoLockRenewalMs: timeSpanMs(at(bus, "maxAutoLockRenewalDuration"), 300_000, "maxAutoLockRenewalDuration"),
    autoCompleteMessages: typeof autoComplete === "boolean" ? autoComplete : true,
    maxMessageBatchSize: wholeNumber(at(bus, "maxMessageBatchSize"), 1000, "maxMessageBatchSize"),
  };
}

/**
 * Replaces every `%NAME%` with the setting of that name.
 * @throws when a setting is missing, with the message of the real host.
 */
export function resolvePercents(text: string, environment: Environment): string {
  return text.replace(/%([^%]+)%/g, (whole, name: string) => {
    const value = environment[name];
    if (value === undefined || value === "")
      throw new Error(`'${whole}' does not resolve to a value: add the setting ${name}.`);
    return value;
  });
}

/**
 * The connection string behind a connection name: setting `AzureWebJobsNAME`, then `NAME`.
 * @throws when there is none, or only an identity-based one, which this host does not support.
 */
export function connectionString(name: string, environment: Environment): string {
  for (const key of [`AzureWebJobs${name}`, name]) {
    const value = environment[key];
    if (value !== undefined && value !== "") return value;
  }
  if (environment[`${name}__fullyQualifiedNamespace`] !== undefined) {
    throw new Error(
      `Connection '${name}' is identity-based (${name}__fullyQualifiedNamespace). This local host needs a connection string in ${name}.`,
    );
  }
  throw new Error(
    `Microsoft.Azure.WebJobs.ServiceBus: Service Bus connection '${name}' does not exist. Add the setting ${name}.`,
  );
}

/** Whether `AzureWebJobs.NAME.Disabled` disables the function. */
export function isDisabled(name: string, environment: Environment): boolean {
  return /^(true|1)$/i.test(environment[`AzureWebJobs.${name}.Disabled`] ?? "");
}

function at(json: unknown, ...path: string[]): unknown {
  let value = json;
  for (const key of path) value = isRecord(value) ? value[key] : undefined;
  return value;
}

function wholeNumber(value: unknown, fallback: number, name: string): number {
  if (value === undefined) return fallback;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1) return value;
  throw new Error(`host.json: ${name} must be a whole number of at least 1.`);
}

/** `hh:mm:ss`, in milliseconds. */
function timeSpanMs(value: unknown, fallback: number, name: string): number {
  if (value === undefined) return fallback;
  const parts = typeof value === "string" ? /^(\d{1,2}):(\d{2}):(\d{2})$/.exec(value) : null;
  if (!parts) throw new Error(`host.json: ${name} must be a time span of the form 00:05:00.`);
  return ((Number(parts[1]) * 60 + Number(parts[2])) * 60 + Number(parts[3])) * 1000;
}
