import * as z from "zod";
import type { Picture, Resource } from "../../scripts/bicep/bicep.ts";
import { DELIVERIES_QUEUE } from "../../shared/bus/bus-client.ts";
import { busSetting } from "../../shared/core/scope.ts";
import { settingFaults } from "./settings.ts";

/** Built-in roles of Azure. @see https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
export const ROLES = {
  serviceBusDataReceiver: "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0",
  serviceBusDataSender: "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39",
  storageTableDataContributor: "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
  storageBlobDataOwner: "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
  keyVaultCryptoServiceEncryptionUser: "e147488a-f6f5-4113-8e2d-b22465e65bf6",
  monitoringMetricsPublisher: "3913510d-42f4-4e42-8a64-420c390055eb",
} as const;

/** One environment as it would be deployed. */
export interface Deployment {
  readonly production: boolean;
  readonly main: Picture;
  readonly clients: readonly { readonly id: string; readonly picture: Picture }[];
}

const settings = z.array(z.object({ name: z.string(), value: z.string() }));

/** The settings of the stamp's app, in the order they are written. */
export function settingsOf(main: Picture): { name: string; value: string }[] {
  const site = z.object({ siteConfig: z.object({ appSettings: settings }) });
  return site.parse(ofType(main, "Microsoft.Web/sites")[0]?.properties).siteConfig.appSettings;
}

export function ofType(picture: Picture, type: string): Resource[] {
  return picture.predictedResources.filter((resource) => resource.type === type);
}

/** What is wrong with a deployment: `name-of-the-check: what and where`. */
export function faultsOf(deployment: Deployment): string[] {
  const pictures = [deployment.main, ...deployment.clients.map(({ picture }) => picture)];
  return [
    ...pictures.flatMap((picture) => picture.predictedResources.flatMap(resourceFaults)),
    ...stampFaults(deployment.main),
    ...deployment.clients.flatMap(({ id, picture }) => clientFaults(id, picture, deployment.main)),
    ...(deployment.production ? pictures.flatMap(unlocked) : []),
  ];
}

/** What properties of a type must be, whichever resource it is: check, property, value. */
const MUST: Readonly<Record<string, readonly (readonly [string, string, unknown])[]>> = {
  "Microsoft.ServiceBus/namespaces": [
    ["local-auth", "disableLocalAuth", true],
    ["tls", "minimumTlsVersion", "1.2"],
  ],
  "Microsoft.Storage/storageAccounts": [
    ["shared-key", "allowSharedKeyAccess", false],
    ["public-storage", "allowBlobPublicAccess", false],
    ["tls", "minimumTlsVersion", "TLS1_2"],
    ["tls", "supportsHttpsTrafficOnly", true],
  ],
  "Microsoft.Storage/storageAccounts/blobServices/containers": [["public-storage", "publicAccess", "None"]],
  "Microsoft.KeyVault/vaults": [
    ["purge-protection", "enablePurgeProtection", true],
    ["local-auth", "enableRbacAuthorization", true],
  ],
  "Microsoft.Insights/components": [["local-auth", "DisableLocalAuth", true]],
  "Microsoft.Web/sites": [["tls", "httpsOnly", true]],
  "Microsoft.Web/sites/basicPublishingCredentialsPolicies": [["local-auth", "allow", false]],
};
const SKUS: Readonly<Record<string, readonly string[]>> = {
  // Basic has neither topics nor duplicate detection.
  "Microsoft.ServiceBus/namespaces": ["Standard", "Premium"],
  "Microsoft.Web/serverfarms": ["FC1"],
};

function resourceFaults(resource: Resource): string[] {
  const { type, name, properties, sku } = resource;
  const skus = SKUS[type];
  return [
    ...(MUST[type] ?? [])
      .filter(([, property, value]) => properties[property] !== value)
      .map(([check, property, value]) => `${check}: ${property} of ${name} must be ${String(value)}`),
    ...(skus && !skus.includes(sku?.name ?? "")
      ? [`sku: ${name} is ${String(sku?.name)}, must be ${skus.join(" or ")}`]
      : []),
    ...(type === "Microsoft.Authorization/roleAssignments" ? principalFaults(resource) : []),
  ];
}

/** A right is for the app's identity, by its principal: a client id or another one's would fail or open a door. */
function principalFaults({ id, properties }: Resource): string[] {
  const principal = String(properties["principalId"]);
  const right = /userAssignedIdentities\/id-webhooks-[a-z]+-[a-z0-9]+', '[\d-]+'\)\.principalId\]$/.test(principal);
  return right && properties["principalType"] === "ServicePrincipal"
    ? []
    : [`role-principal: ${id} is for ${principal}`];
}

function stampFaults(main: Picture): string[] {
  return [
    ...settingFaults(settingsOf(main).map(({ name }) => name)),
    ...roleFaults(main, [
      ["storageBlobDataOwner", "/storageAccounts/sthost"],
      ["storageTableDataContributor", "/storageAccounts/stdata"],
      ["keyVaultCryptoServiceEncryptionUser", "/keys/wrapping"],
      ["monitoringMetricsPublisher", "/components/"],
    ]),
  ];
}

/** Exactly these roles, each on a resource whose id holds the text beside it. */
function roleFaults(picture: Picture, wanted: readonly (readonly [keyof typeof ROLES, string])[]): string[] {
  const given = ofType(picture, "Microsoft.Authorization/roleAssignments");
  const fits = (assignment: Resource, [role, place]: readonly [keyof typeof ROLES, string]) =>
    String(assignment.properties["roleDefinitionId"]).endsWith(ROLES[role]) && assignment.id.includes(place);
  return [
    ...wanted
      .filter((one) => !given.some((assignment) => fits(assignment, one)))
      .map(([role, place]) => `role-missing: ${role} on ${place}`),
    ...given
      .filter((assignment) => !wanted.some((one) => fits(assignment, one)))
      .map(({ id }) => `role-too-many: ${id}`),
  ];
}

function clientFaults(id: string, picture: Picture, main: Picture): string[] {
  const bus = ofType(picture, "Microsoft.ServiceBus/namespaces")[0]?.name ?? "none";
  const queues = ofType(picture, "Microsoft.ServiceBus/namespaces/queues").map(({ name }) => name);
  const forward = ofType(picture, "Microsoft.ServiceBus/namespaces/topics/subscriptions").filter(
    ({ name, properties }) => name === `${bus}/events/webhooks` && properties["forwardTo"] === DELIVERIES_QUEUE,
  );
  const address = settingsOf(main).find(({ name }) => name === `${busSetting(id)}__fullyQualifiedNamespace`)?.value;
  return [
    ...(queues.join() === `${bus}/${DELIVERIES_QUEUE}`
      ? []
      : [`queue-name: the app receives from ${DELIVERIES_QUEUE}, ${bus} has ${queues.join()}`]),
    ...(forward.length === 1 ? [] : [`auto-forward: events/webhooks of ${bus} must forward to ${DELIVERIES_QUEUE}`]),
    ...(address === `${bus}.servicebus.windows.net`
      ? []
      : [`bus-address: the app reaches ${id} at ${String(address)}, its bus is ${bus}`]),
    ...roleFaults(picture, [
      ["serviceBusDataReceiver", `/namespaces/${bus}/`],
      ["serviceBusDataSender", `/namespaces/${bus}/`],
    ]),
  ];
}

/** What cannot be made again has a lock. */
function unlocked(picture: Picture): string[] {
  const types = ["Microsoft.ServiceBus/namespaces", "Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults"];
  const locks = ofType(picture, "Microsoft.Authorization/locks").filter(
    ({ properties }) => properties["level"] === "CanNotDelete",
  );
  return types
    .flatMap((type) => ofType(picture, type))
    .filter(({ id }) => !locks.some((lock) => lock.id.startsWith(`${id}/providers/`)))
    .map(({ name }) => `lock: ${name} has none`);
}
