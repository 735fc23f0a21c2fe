import { settingsSchema } from "../../shared/platform/config.ts";

/** Read by the Functions host, or by the Azure SDK on the app's behalf: not in the app's own schema. */
const PLATFORM = [
  "AzureWebJobsStorage__blobServiceUri",
  "AzureWebJobsStorage__credential",
  "AzureWebJobsStorage__clientId",
  "APPLICATIONINSIGHTS_CONNECTION_STRING",
  "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
  "AZURE_CLIENT_ID",
];

/**
 * What app and infrastructure do not agree on yet, each with its reason; a line that is no longer true fails a test. Written, not read:
 * the app has no adapter for Key Vault. Read, not written: the key file is for development, and on Azure the wrapping key takes its place.
 */
export const AWAITED = { written: ["SECRETS_KEY_URL"], read: ["SECRETS_KEY_FILE"] } as const;

/** Settings that Flex Consumption refuses or ignores. @see learn.microsoft.com/azure/azure-functions/functions-app-settings */
const NOT_ON_FLEX = [
  "FUNCTIONS_WORKER_RUNTIME",
  "FUNCTIONS_EXTENSION_VERSION",
  "WEBSITE_NODE_DEFAULT_VERSION",
  "WEBSITE_RUN_FROM_PACKAGE",
  "WEBSITE_CONTENTSHARE",
  "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
  "SCM_DO_BUILD_DURING_DEPLOYMENT",
  "ENABLE_ORYX_BUILD",
  "WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT",
  "WEBSITE_VNET_ROUTE_ALL",
];
/** Linux cuts longer names off. @see github.com/Azure/azure-functions-host/issues/6855 */
const LONGEST_NAME = 53;
const BUS = /^SB_[A-Z0-9_]+__(fullyQualifiedNamespace|credential|clientId)$/;

/** Names of all settings that the app reads, without those of clients. */
export const readByApp = Object.keys(settingsSchema.shape);

/** Names of the settings without which the app does not start. */
export function requiredByApp(): string[] {
  const optional = Object.entries(settingsSchema.shape).filter(([, field]) => field.safeParse(undefined).success);
  // One of the two: on Azure, tables are reached by identity.
  return [...readByApp.filter((name) => !optional.some(([other]) => other === name)), "TABLES_ENDPOINT"];
}

/** What is wrong with the names of the settings that are written. */
export function settingFaults(names: readonly string[]): string[] {
  const known = [...PLATFORM, ...readByApp, ...AWAITED.written];
  return [
    ...names
      .filter((name) => !known.includes(name) && !BUS.test(name))
      .map((name) => `setting-not-read: nobody reads ${name}`),
    ...[...requiredByApp(), ...PLATFORM]
      .filter((name) => !names.includes(name) && !AWAITED.read.some((awaited) => awaited === name))
      .map((name) => `setting-left-out: ${name} is needed and not written`),
    ...names.filter((name) => NOT_ON_FLEX.includes(name)).map((name) => `setting-not-on-flex: ${name}`),
    ...names.filter((name) => name.length > LONGEST_NAME).map((name) => `setting-too-long: ${name}`),
  ];
}

/** The value a setting has on Azure, as far as it can be told here: made-up ids for what only Azure knows. */
export function onAzure(value: string): string {
  if (!value.startsWith("[")) return value;
  const format = /^\[format\('([^']*)', (.*)\)\]$/.exec(value);
  if (!format) return "00000000-0000-0000-0000-0000000000c1";
  const parts = (format[2] ?? "").split(/, (?=['a-z])/).map((part) => {
    if (part.startsWith("'")) return part.slice(1, -1);
    return part.endsWith("keyvaultDns") ? ".vault.azure.net" : "core.windows.net";
  });
  return (format[1] ?? "").replace(/\{(\d)\}/g, (_, index: string) => parts[Number(index)] ?? "");
}
