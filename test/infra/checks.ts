import * as z from "zod";
import type { Picture, Resource } from "../../scripts/bicep/bicep.ts";
import type { Client } from "../../scripts/bicep/copies.ts";
import { DELIVERIES_QUEUE } from "../../shared/bus/bus-client.ts";
import { busSetting } from "../../shared/core/scope.ts";
import { flexFaults } from "./flex.ts";
import { busesOf, ofType, settingsOf } from "./resources.ts";
import { ALERTS, APP, PACKAGES, definitionFaults, roleFaults } from "./roles.ts";
import { settingFaults } from "./settings.ts";

/** One environment as it would be deployed. */
export interface Deployment {
  readonly production: boolean;
  readonly main: Picture;
  readonly clients: readonly { readonly client: Client; readonly picture: Picture }[];
}

/** What is wrong with a deployment: `name-of-the-check: what and where`. */
export function faultsOf(deployment: Deployment): string[] {
  const pictures = [deployment.main, ...deployment.clients.map(({ picture }) => picture)];
  return [
    ...pictures.flatMap((picture) => picture.predictedResources.flatMap(resourceFaults)),
    ...pictures.flatMap(undiagnosed),
    ...pictures.flatMap(flexFaults),
    ...stampFaults(deployment.main),
    ...untagged(deployment.main, []),
    ...deployment.clients.flatMap(({ client, picture }) => clientFaults(client, picture, deployment.main)),
    ...deployment.clients.flatMap(({ picture }) => untagged(picture, ["client"])),
    ...deployment.clients.flatMap(({ client, picture }) => notDeployed(client, picture, deployment.main)),
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

function resourceFaults({ type, name, properties, sku }: Resource): string[] {
  const skus = SKUS[type];
  return [
    ...(MUST[type] ?? [])
      .filter(([, property, value]) => properties[property] !== value)
      .map(([check, property, value]) => `${check}: ${property} of ${name} must be ${String(value)}`),
    ...(skus && !skus.includes(sku?.name ?? "")
      ? [`sku: ${name} is ${String(sku?.name)}, must be ${skus.join(" or ")}`]
      : []),
  ];
}

function stampFaults(main: Picture): string[] {
  return [
    ...settingFaults(settingsOf(main).map(({ name }) => name)),
    ...definitionFaults(main),
    ...packageFaults(main),
    ...roleFaults(busesOf(main).stamp, [
      { role: "storageBlobDataOwner", place: /\/storageAccounts\/sthost\w+$/, holder: APP },
      { role: "storageBlobDataContributor", place: /\/storageAccounts\/stpkgs\w+$/, holder: PACKAGES },
      { role: "storageTableDataContributor", place: /\/storageAccounts\/stdata\w+$/, holder: APP },
      { role: "keyVaultCryptoServiceEncryptionUser", place: /\/keys\/wrapping$/, holder: APP },
      { role: "monitoringMetricsPublisher", place: /\/components\/[\w-]+$/, holder: APP },
      { role: "monitoringReader", place: /\/components\/[\w-]+$/, holder: ALERTS },
      { role: "monitoringReader", place: /\/workspaces\/[\w-]+$/, holder: ALERTS },
    ]),
  ];
}

const packaged = z.object({
  functionAppConfig: z.object({
    deployment: z.object({
      storage: z.object({
        value: z.string(),
        authentication: z.object({ userAssignedIdentityResourceId: z.string() }),
      }),
    }),
  }),
});
const kept = z.object({
  isVersioningEnabled: z.literal(true),
  deleteRetentionPolicy: z.object({ enabled: z.literal(true), days: z.number() }),
  containerDeleteRetentionPolicy: z.object({ enabled: z.literal(true), days: z.number() }),
});

/** The app's package is stored where its own identity has no rights, is fetched with another one, and can be recovered. */
function packageFaults(main: Picture): string[] {
  const [app] = ofType(main, "Microsoft.Web/sites");
  const { storage } = packaged.parse(app?.properties).functionAppConfig.deployment;
  const blobs = ofType(main, "Microsoft.Storage/storageAccounts/blobServices");
  const container = blobs.find(({ name }) => storage.value.includes(`'${name.split("/")[0] ?? ""}'`));
  return [
    ...(/\/id-packages-webhooks-[a-z]+-\w+$/.test(storage.authentication.userAssignedIdentityResourceId)
      ? []
      : ["package-identity: the package is fetched with the app's own identity"]),
    ...(kept.safeParse(container?.properties).success
      ? []
      : [`package-kept: a package in ${storage.value} that was replaced is gone`]),
  ];
}

/** What a stamp deploys of a client's bus is what the client's own deployment makes: neither undoes the other. */
function notDeployed({ id }: Client, picture: Picture, main: Picture): string[] {
  const deployed = new Map(busesOf(main).buses.predictedResources.map((one) => [one.id, JSON.stringify(one)]));
  return picture.predictedResources
    .filter((one) => deployed.get(one.id) !== JSON.stringify(one))
    .map((one) => `bus-with-stamp: ${one.id} of ${id} differs in the stamp`);
}

function clientFaults({ id, producers = [] }: Client, picture: Picture, main: Picture): string[] {
  const bus = ofType(picture, "Microsoft.ServiceBus/namespaces")[0]?.name ?? "none";
  const queues = ofType(picture, "Microsoft.ServiceBus/namespaces/queues").map(({ name }) => name);
  const forward = ofType(picture, "Microsoft.ServiceBus/namespaces/topics/subscriptions").filter(
    ({ name, properties }) => name === `${bus}/events/webhooks` && properties["forwardTo"] === DELIVERIES_QUEUE,
  );
  const [counts] = ofType(main, "Microsoft.Authorization/roleDefinitions");
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
      { role: "serviceBusDataReceiver", place: new RegExp(`/namespaces/${bus}/queues/deliveries$`), holder: APP },
      { role: "serviceBusDataSender", place: new RegExp(`/namespaces/${bus}/queues/deliveries$`), holder: APP },
      { role: "serviceBusDataSender", place: new RegExp(`/namespaces/${bus}/topics/events$`), holder: APP },
      { role: { id: counts?.name ?? "none" }, place: new RegExp(`/namespaces/${bus}$`), holder: APP },
      ...producers.map((producer) => ({
        role: "serviceBusDataSender" as const,
        place: new RegExp(`/namespaces/${bus}/topics/events$`),
        holder: new RegExp(`^${producer}$`),
      })),
    ]),
  ];
}

const tagged = z.record(z.string(), z.string()).default({});

/** Everything that can carry tags says to what it belongs: people and scripts find it by them. */
function untagged(picture: Picture, more: readonly string[]): string[] {
  const carries = ({ type }: Resource) =>
    /^[^/]+\/[^/]+$/.test(type) && !/\/(roleAssignments|roleDefinitions|locks|diagnosticSettings)$/.test(type);
  return picture.predictedResources
    .filter(carries)
    .flatMap(({ name, tags }) =>
      ["application", "environment", "stamp", ...more]
        .filter((tag) => tagged.parse(tags)[tag] === undefined)
        .map((tag) => `tags: ${name} has no ${tag}`),
    );
}

const DIAGNOSED = [
  "Microsoft.ServiceBus/namespaces",
  "Microsoft.KeyVault/vaults",
  "Microsoft.Web/sites",
  "Microsoft.Storage/storageAccounts/blobServices",
  "Microsoft.Storage/storageAccounts/tableServices",
];

/** What does the work sends its metrics, and its logs where they are not the traffic itself, to the workspace. */
function undiagnosed(picture: Picture): string[] {
  const settings = ofType(picture, "Microsoft.Insights/diagnosticSettings");
  return DIAGNOSED.flatMap((type) => ofType(picture, type))
    .filter(({ id }) => !settings.some((one) => one.id.startsWith(`${id}/providers/`)))
    .map(({ name }) => `diagnostics: ${name} sends none`);
}

/** What cannot be recreated has a lock. */
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
