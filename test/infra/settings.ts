import { ONE_OF_TWO, settingsSchema } from "../../shared/platform/config.ts";
import { REFUSED_SETTINGS } from "./flex.ts";

/** Read by the Functions host, or by the Azure SDK on the app's behalf: not in the app's own schema. */
const PLATFORM = [
  "AzureWebJobsStorage__blobServiceUri",
  "AzureWebJobsStorage__credential",
  "AzureWebJobsStorage__clientId",
  "APPLICATIONINSIGHTS_CONNECTION_STRING",
  "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
  "AZURE_CLIENT_ID",
  "AZURE_TOKEN_CREDENTIALS",
];

/** Linux cuts longer names off. @see github.com/Azure/azure-functions-host/issues/6855 */
const LONGEST_NAME = 53;
const BUS = /^SB_[A-Z0-9_]+__(fullyQualifiedNamespace|credential|clientId)$/;

/** Names of all settings that the app reads, without those of clients. */
export const readByApp = Object.keys(settingsSchema.shape);

/** Of each two alternative settings, the one for development, which is absent on Azure, where the other one is set. */
export const forDevelopment: readonly string[] = ONE_OF_TWO.map(([development]) => development);

/** Names of the settings without which the app does not start on Azure; of two of which it takes one, the one of Azure. */
export function requiredByApp(): string[] {
  const shape = Object.entries(settingsSchema.shape);
  return [
    ...shape.filter(([, field]) => !field.safeParse(undefined).success).map(([name]) => name),
    ...ONE_OF_TWO.map(([, azure]) => azure),
  ];
}

/** What is wrong with the names of the settings that are written. */
export function settingFaults(names: readonly string[]): string[] {
  const known = [...PLATFORM, ...readByApp];
  return [
    ...names
      .filter((name) => !known.includes(name) && !BUS.test(name))
      .map((name) => `setting-not-read: nobody reads ${name}`),
    ...[...requiredByApp(), ...PLATFORM]
      .filter((name) => !names.includes(name))
      .map((name) => `setting-left-out: ${name} is needed and not written`),
    ...names
      .filter((name) => forDevelopment.includes(name))
      .map((name) => `setting-for-development: ${name} does not belong on Azure`),
    ...names.filter((name) => REFUSED_SETTINGS.includes(name.toUpperCase())).map((name) => `flex-refuses: ${name}`),
    ...names.filter((name) => name.length > LONGEST_NAME).map((name) => `setting-too-long: ${name}`),
  ];
}

/** The value of a setting on Azure, as far as it is known here: made-up ids for what only Azure knows. */
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
