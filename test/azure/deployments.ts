import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import * as z from "zod";
import { type Picture, parsePicture } from "../../scripts/bicep/bicep.ts";
import { readClients } from "../../scripts/bicep/copies.ts";
import { busSetting } from "../../shared/core/scope.ts";
import { settingsOf } from "../infra/resources.ts";
import { onAzure } from "../infra/settings.ts";
import { AzError } from "./call.ts";
import type { Json } from "./json.ts";
import { NO_MESSAGES, type Resource, type State } from "./state.ts";

const PICTURES = join(import.meta.dirname, "../../infra/pictures");
/** Where the kept pictures were drawn. */
const DRAWN_IN = /\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[\w-]+/g;
const site = "Microsoft.Web/sites";
const tags = z.record(z.string(), z.string()).optional();

/** What a deployment of a `.bicepparam` file makes: the picture that the real Bicep CLI drew of it, kept in `infra/pictures`. */
export interface Deployment {
  readonly resources: readonly Resource[];
  readonly outputs: Record<string, { value: Json }>;
  readonly settings: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The environment variables that parameter files read; empty when they are not set. */
export interface Variables {
  readonly CLIENT_ID: string;
  readonly AZURE_TENANT_ID: string;
  readonly WEBHOOKS_API_ID: string;
  readonly ALERT_EMAILS: string;
}

/**
 * The deployment of a parameter file into a group.
 * @param variables the environment that the file is evaluated in
 * @throws AzError when the file is not there, or lacks what it reads
 */
export function deploymentOf(file: string, state: State, group: string, variables: Variables): Deployment {
  if (!existsSync(file)) throw new AzError(`Unable to parse parameter: ${file}`);
  const text = readFileSync(file, "utf8");
  const template = /^using '([^']+)'$/m.exec(text)?.[1] ?? "";
  if (!existsSync(join(dirname(file), template))) throw new AzError(`${file}: there is no template '${template}'`);
  for (const [, name = ""] of text.matchAll(/readEnvironmentVariable\('(\w+)'\)/g)) {
    if (new Map(Object.entries(variables)).get(name)) continue;
    throw new AzError(
      `${file}: Error BCP338: Environment variable "${name}" does not exist, and no default value set.`,
    );
  }
  const [kind = "", environment = ""] = basename(file).split(".");
  const picture = pictureOf(kind, environment, variables.CLIENT_ID);
  const clients = readClients(join(dirname(file), "clients.json")).map(({ id }) => id);
  const inside = `/subscriptions/${state.subscription?.id ?? ""}/resourceGroups/${group}`;
  const moved = parsePicture(JSON.stringify(picture).replace(DRAWN_IN, inside));
  if (kind === "main" && /\.example\b/.test(variables.ALERT_EMAILS))
    throw new AzError(
      `(DeploymentFailed) ${variables.ALERT_EMAILS} reaches nobody: ALERT_EMAILS needs addresses that people read.`,
    );
  const known =
    kind === "main" ? moved.predictedResources.filter((one) => isWanted(one, clients)) : moved.predictedResources;
  const resources = known.map((one) => ({
    id: one.id,
    type: one.type,
    name: one.name,
    ...(typeof one["location"] === "string" ? { location: one["location"] } : {}),
    ...(one["tags"] === undefined ? {} : { tags: tags.parse(one["tags"]) ?? {} }),
    properties: one.properties,
  }));
  const app = resources.find(({ type }) => type === site);
  return {
    resources,
    outputs: outputsOf(moved),
    settings: app ? { [app.name]: settingsFor(moved, clients) } : {},
  };
}

function pictureOf(kind: string, environment: string, clientId: string): Picture {
  const names = readdirSync(PICTURES).sort();
  const name =
    kind === "client"
      ? names.find((one) => one === `client.${environment}.${clientId}.json`)
      : names.findLast((one) => one.startsWith(`main.${environment}.`));
  if (!name) throw new AzError(`There is no picture of ${kind} ${environment} ${clientId}.`);
  return parsePicture(readFileSync(join(PICTURES, name), "utf8"));
}

/** Whether a list of clients has the one that a resource is of; what is of no client is always wanted. */
function isWanted({ id, tags: own }: Picture["predictedResources"][number], clients: readonly string[]): boolean {
  const client = tags.parse(own)?.["client"] ?? /\/sbns-([a-z0-9-]+)-\w{8}\b/.exec(id)?.[1];
  return client === undefined || clients.includes(client);
}

/** The app's settings, those of clients only as far as clients.json names them. */
function settingsFor(picture: Picture, clients: readonly string[]): Record<string, string> {
  const wanted = settingsOf(picture).filter(
    ({ name }) => !name.startsWith("SB_") || clients.some((id) => name.startsWith(`${busSetting(id)}__`)),
  );
  return Object.fromEntries(wanted.map(({ name, value }) => [name, onAzure(value)]));
}

/** Outputs; the settings of a client are an expression in the picture, as one part of them only Azure knows. */
function outputsOf(picture: Picture): Record<string, { value: Json }> {
  const written = z.record(z.string(), z.string().nullable()).parse(picture.outputs ?? {});
  const value = (text: string | null): Json => {
    if (text?.startsWith("[createArray(") !== true) return text;
    const parts = text.matchAll(
      /createObject\('name', '([^']*)', 'value', (?:'([^']*)'|(reference\([^)]*\)\.clientId))\)/g,
    );
    return [...parts].map(([, name = "", plain, reference = ""]) => ({
      name,
      value: plain ?? onAzure(`[${reference}]`),
    }));
  };
  return Object.fromEntries(Object.entries(written).map(([name, text]) => [name, { value: value(text) }]));
}

const sameAs = (one: Resource | undefined, other: Resource): boolean => JSON.stringify(one) === JSON.stringify(other);

/** What a deployment would change. */
export function whatIf(deployment: Deployment, state: State): { changeType: string; resourceId: string }[] {
  return deployment.resources.map((resource) => {
    const present = state.resources[resource.id];
    const kind = present ? (sameAs(present, resource) ? "NoChange" : "Modify") : "Create";
    return { changeType: kind, resourceId: resource.id };
  });
}

/** Makes it so. Settings of an app are replaced as a whole, and the app restarts. */
export function deploy(name: string, group: string, deployment: Deployment, state: State): void {
  for (const resource of deployment.resources) {
    state.resources[resource.id] = structuredClone(resource);
    if (resource.type === "Microsoft.ServiceBus/namespaces")
      state.messages[resource.id] ??= { deliveries: { ...NO_MESSAGES }, webhooks: { ...NO_MESSAGES } };
  }
  for (const [app, settings] of Object.entries(deployment.settings)) {
    state.settings[app] = { ...settings };
    state.functions[app] ??= [];
    state.restarting[app] = 1;
  }
  state.deployments[`${group}/${name}`] = { name, outputs: deployment.outputs };
}
