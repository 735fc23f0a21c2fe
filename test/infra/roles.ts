import * as z from "zod";
import type { Picture } from "../../scripts/bicep/bicep.ts";
import { ofType } from "./resources.ts";

/** Built-in roles of Azure. @see https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
export const ROLES = {
  serviceBusDataReceiver: "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0",
  serviceBusDataSender: "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39",
  storageTableDataContributor: "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
  storageBlobDataOwner: "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
  storageBlobDataContributor: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
  keyVaultCryptoServiceEncryptionUser: "e147488a-f6f5-4113-8e2d-b22465e65bf6",
  monitoringMetricsPublisher: "3913510d-42f4-4e42-8a64-420c390055eb",
  monitoringReader: "43d0d8ad-25c7-4714-9337-8ba259a9fe05",
} as const;

/** A role on the one resource whose id ends as `place`, for the one who has it: the pattern of a managed identity, or an object id. */
export interface Right {
  /** A role of Azure by its name, or one of ours by its id. */
  readonly role: keyof typeof ROLES | { readonly id: string };
  readonly place: RegExp;
  readonly holder: RegExp;
}

/** The principal of an identity, not its client id or another one's: these would fail or open a door. */
const identity = (name: string): RegExp =>
  new RegExp(`userAssignedIdentities/${name}-[a-z]+-[a-z0-9]+', '[\\d-]+'\\)\\.principalId\\]$`);
/** The app's own identity. */
export const APP = identity("id-webhooks");
/** The identity that the app's package is stored and fetched with. */
export const PACKAGES = identity("id-packages-webhooks");
/** The identity that alerts read logs with. */
export const ALERTS = identity("id-alerts-webhooks");

const idOf = (role: Right["role"]): string => (typeof role === "string" ? ROLES[role] : role.id);

/** Exactly these rights and no others. */
export function roleFaults(picture: Picture, wanted: readonly Right[]): string[] {
  const given = ofType(picture, "Microsoft.Authorization/roleAssignments").map(({ id, properties }) => ({
    id,
    place: id.slice(0, id.lastIndexOf("/providers/Microsoft.Authorization/")),
    role: String(properties["roleDefinitionId"]),
    holder: String(properties["principalId"]),
    kind: properties["principalType"],
  }));
  const fits = (one: (typeof given)[number], { role, place }: Right) =>
    one.role.endsWith(`/${idOf(role)}`) && place.test(one.place);
  const held = (one: (typeof given)[number], { holder }: Right) =>
    holder.test(one.holder) && one.kind === "ServicePrincipal";
  return [
    ...wanted
      .filter((right) => !given.some((one) => fits(one, right) && held(one, right)))
      .map(({ role, place }) => `role-missing: ${typeof role === "string" ? role : role.id} on ${String(place)}`),
    ...given
      .filter((one) => !wanted.some((right) => fits(one, right)))
      .map(({ id, role }) => `role-too-many: ${role} at ${id}`),
    ...given
      .filter((one) => wanted.some((right) => fits(one, right)))
      .filter((one) => !wanted.some((right) => fits(one, right) && held(one, right)))
      .map(({ id, holder }) => `role-principal: ${id} is for ${holder}`),
  ];
}

/** What the scaler asks with the app's identity needs this action, and no other. @see docs/decisions/0010 */
const countReader = z.object({
  type: z.literal("CustomRole"),
  permissions: z.tuple([
    z.strictObject({
      actions: z.tuple([z.literal("Microsoft.ServiceBus/namespaces/*/read")]),
      notActions: z.tuple([]),
      dataActions: z.tuple([]),
      notDataActions: z.tuple([]),
    }),
  ]),
});

/** The stamp defines one role, which reads counts and nothing else, and can be assigned only inside its resource group. */
export function definitionFaults(main: Picture): string[] {
  const found = ofType(main, "Microsoft.Authorization/roleDefinitions");
  return [
    ...(found.length === 1 ? [] : [`role-definition: the stamp defines ${String(found.length)} roles`]),
    ...found
      .filter(({ properties }) => !countReader.safeParse(properties).success)
      .map(({ id }) => `role-definition: ${id} allows something else`),
    ...found
      .filter(({ id, properties }) => String(properties["assignableScopes"]) !== id.slice(0, id.indexOf("/providers/")))
      .map(({ id }) => `role-definition: ${id} can be given elsewhere`),
  ];
}
