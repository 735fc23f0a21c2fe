import * as z from "zod";
import type { Picture, Resource } from "../../scripts/bicep/bicep.ts";
import type { Client } from "../../scripts/bicep/copies.ts";
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
  monitoringReader: "43d0d8ad-25c7-4714-9337-8ba259a9fe05",
} as const;

/** One environment as it would be deployed. */
export interface Deployment {
  readonly production: boolean;
  readonly main: Picture;
  readonly clients: readonly { readonly client: Client; readonly picture: Picture }[];
}

const settings = z.array(z.object({ name: z.string(), value: z.string() }));

/** The settings of the stamp's app, in the order they are written. */
export function settingsOf(main: Picture): { name: string; value: string }[] {
  const [app] = ofType(main, "Microsoft.Web/sites");
  if (!app) throw new Error("There is no app.");
  return settingsOfApp(app);
}

export function settingsOfApp(app: Resource): { name: string; value: string }[] {
  const site = z.object({ siteConfig: z.object({ appSettings: settings }) });
  return site.parse(app.properties).siteConfig.appSettings;
}

export function ofType(picture: Picture, type: string): Resource[] {
  return picture.predictedResources.filter((resource) => resource.type === type);
}

/** What is wrong with a deployment: `name-of-the-check: what and where`. */
export function faultsOf(deployment: Deployment): string[] {
  const pictures = [deployment.main, ...deployment.clients.map(({ picture }) => picture)];
  return [
    ...pictures.flatMap((picture) => picture.predictedResources.flatMap(resourceFaults)),
    ...pictures.flatMap(undiagnosed),
    ...stampFaults(deployment.main),
    ...untagged(deployment.main, []),
    ...deployment.clients.flatMap(({ client, picture }) => clientFaults(client, picture, deployment.main)),
    ...deployment.clients.flatMap(({ picture }) => untagged(picture, ["client"])),
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

/** A role on the one resource whose id ends as `place`, for the one who has it: the pattern of a managed identity, or an object id. */
interface Right {
  readonly role: keyof typeof ROLES;
  readonly place: RegExp;
  readonly holder: RegExp;
}

/** The principal of an identity, not its client id or another one's: these would fail or open a door. */
const identity = (name: string): RegExp =>
  new RegExp(`userAssignedIdentities/${name}-[a-z]+-[a-z0-9]+', '[\\d-]+'\\)\\.principalId\\]$`);
const APP = identity("id-webhooks");

function stampFaults(main: Picture): string[] {
  return [
    ...settingFaults(settingsOf(main).map(({ name }) => name)),
    ...roleFaults(main, [
      { role: "storageBlobDataOwner", place: /\/storageAccounts\/sthost\w+$/, holder: APP },
      { role: "storageTableDataContributor", place: /\/storageAccounts\/stdata\w+$/, holder: APP },
      { role: "keyVaultCryptoServiceEncryptionUser", place: /\/keys\/wrapping$/, holder: APP },
      { role: "monitoringMetricsPublisher", place: /\/components\/[\w-]+$/, holder: APP },
      { role: "monitoringReader", place: /\/components\/[\w-]+$/, holder: identity("id-alerts-webhooks") },
      { role: "monitoringReader", place: /\/workspaces\/[\w-]+$/, holder: identity("id-alerts-webhooks") },
    ]),
  ];
}

/** Exactly these rights and no others. */
function roleFaults(picture: Picture, wanted: readonly Right[]): string[] {
  const given = ofType(picture, "Microsoft.Authorization/roleAssignments").map(({ id, properties }) => ({
    id,
    place: id.slice(0, id.lastIndexOf("/providers/Microsoft.Authorization/")),
    role: String(properties["roleDefinitionId"]),
    holder: String(properties["principalId"]),
    kind: properties["principalType"],
  }));
  const fits = (one: (typeof given)[number], { role, place }: Right) =>
    one.role.endsWith(ROLES[role]) && place.test(one.place);
  const held = (one: (typeof given)[number], { holder }: Right) =>
    holder.test(one.holder) && one.kind === "ServicePrincipal";
  return [
    ...wanted
      .filter((right) => !given.some((one) => fits(one, right)))
      .map(({ role, place }) => `role-missing: ${role} on ${String(place)}`),
    ...given
      .filter((one) => !wanted.some((right) => fits(one, right)))
      .map(({ id, role }) => `role-too-many: ${role} at ${id}`),
    ...given
      .filter((one) => wanted.some((right) => fits(one, right)))
      .filter((one) => !wanted.some((right) => fits(one, right) && held(one, right)))
      .map(({ id, holder }) => `role-principal: ${id} is for ${holder}`),
  ];
}

function clientFaults({ id, producers = [] }: Client, picture: Picture, main: Picture): string[] {
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
      { role: "serviceBusDataReceiver", place: new RegExp(`/namespaces/${bus}$`), holder: APP },
      { role: "serviceBusDataSender", place: new RegExp(`/namespaces/${bus}$`), holder: APP },
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
    /^[^/]+\/[^/]+$/.test(type) && !/\/(roleAssignments|locks|diagnosticSettings)$/.test(type);
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
