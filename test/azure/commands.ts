import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { AzError, type Call } from "./call.ts";
import type { Command, Surroundings } from "./command.ts";
import { deploy, deploymentOf, whatIf } from "./deployments.ts";
import { identityCommands } from "./identity.ts";
import { type Json, parseJson } from "./json.ts";
import { type Resource, type State, namespacesOf } from "./state.ts";
import { readTriggers } from "./rest.ts";

/** What the CLI ends with when a thing is not there. */
const missing = (what: string): AzError => new AzError(`(ResourceNotFound) ${what} was not found.`, 3);

const json = (value: unknown): Json => parseJson(JSON.stringify(value));

function groupOf(call: Call, state: State): string {
  const group = call.one("--resource-group");
  if (!state.groups[group])
    throw new AzError(`(ResourceGroupNotFound) Resource group '${group}' could not be found.`, 3);
  return group;
}

function inGroup(state: State, group: string): Resource[] {
  return Object.values(state.resources).filter(({ id }) => id.includes(`/resourceGroups/${group}/`));
}

/** The CLI lists top-level resources only: `Provider/type`, not what lies in or on one. */
const topLevel = ({ id, type }: Resource): boolean =>
  type.split("/").length === 2 && id.indexOf("/providers/") === id.lastIndexOf("/providers/");

function settingsOf(call: Call, state: State): Record<string, string> {
  groupOf(call, state);
  const settings = state.settings[call.one("--name")];
  if (!settings) throw missing(call.one("--name"));
  return settings;
}

function deploymentIn(call: Call, { state, folder, variables }: Surroundings) {
  const [file = "", ...more] = call.many("--parameters");
  if (more.length > 0 || call.has("--template-file")) throw new AzError("A .bicepparam file goes alone.", 2);
  return deploymentOf(resolve(folder, file), state, groupOf(call, state), variables);
}

/** An entity of a namespace that the call names. */
function entity(call: Call, state: State, path: string): Resource {
  groupOf(call, state);
  const namespace = call.one("--namespace-name");
  const found = Object.values(state.resources).find(({ id }) => id.endsWith(`/namespaces/${namespace}/${path}`));
  if (!found) throw missing(`${namespace}/${path}`);
  return found;
}

function messagesOf(call: Call, state: State) {
  const namespace = namespacesOf(state).find(({ name }) => name === call.one("--namespace-name"));
  const messages = state.messages[namespace?.id ?? ""];
  if (!messages) throw missing(call.one("--namespace-name"));
  return messages;
}

/** A lock keeps everything on and in its resource from being deleted, other locks apart. */
function refuseLocked(state: State, id: string): void {
  const [scope] = id.split("/providers/Microsoft.Authorization/");
  const lock = Object.keys(state.resources).find((one) =>
    one.startsWith(`${scope ?? id}/providers/Microsoft.Authorization/locks/`),
  );
  if (lock)
    throw new AzError(
      `(ScopeLocked) The scope '${id}' cannot perform delete operation because following scope(s) are locked.`,
    );
}

function remove(state: State, id: string): void {
  if (!state.resources[id]) throw missing(id);
  for (const key of Object.keys(state.resources))
    if (key === id || key.startsWith(`${id}/`)) Reflect.deleteProperty(state.resources, key);
  Reflect.deleteProperty(state.messages, id);
  state.closed = state.closed.filter((topic) => !topic.startsWith(`${id}/`));
}

/** Every command that scripts and documents use. */
export const COMMAND_TABLE: Readonly<Record<string, Command>> = {
  ...identityCommands,
  "group create": (call, { state }) => {
    const location = call.one("--location");
    state.groups[call.one("--name")] ??= { location };
    return { name: call.one("--name") };
  },
  "provider register": (call, { state }) => {
    const name = call.one("--namespace");
    // The CLI itself would return at once; here it is registered in no time.
    call.has("--wait");
    if (!state.providers.includes(name)) state.providers.push(name);
    return undefined;
  },
  "bicep install": (call) => {
    if (!/^v\d+\.\d+\.\d+$/.test(call.one("--version"))) throw new AzError("There is no such version of Bicep.");
    return undefined;
  },
  "deployment group what-if": (call, around) => {
    if (!call.has("--no-pretty-print")) throw new AzError("This stand-in draws no what-if: --no-pretty-print.", 2);
    const hidden = call.many("--exclude-change-types");
    call.maybe("--name"); // Only names what is asked.
    call.has("--validation-level"); // Says which rights the caller needs; here there is no other caller.
    const changes = whatIf(deploymentIn(call, around), around.state);
    return json({ status: "Succeeded", changes: changes.filter(({ changeType }) => !hidden.includes(changeType)) });
  },
  "deployment group create": (call, around) => {
    const group = groupOf(call, around.state);
    const [file = ""] = call.many("--parameters");
    const name = call.maybe("--name") ?? file.replace(/.*\//, "").replace(/\..*/, "");
    deploy(name, group, deploymentIn(call, around), around.state);
    return shown(around.state, group, name);
  },
  "deployment group show": (call, { state }) => shown(state, groupOf(call, state), call.one("--name")),
  "deployment group list": (call, { state }) => {
    const group = groupOf(call, state);
    const names = Object.keys(state.deployments).filter((key) => key.startsWith(`${group}/`));
    return names.map((key) => shown(state, group, key.slice(group.length + 1)));
  },
  "functionapp list": (call, { state }) =>
    inGroup(state, groupOf(call, state))
      .filter(({ type }) => type === "Microsoft.Web/sites")
      .map(({ id, name, tags }) => json({ id, name, tags, defaultHostName: `${name}.azurewebsites.net` })),
  "functionapp config appsettings list": (call, { state }) =>
    Object.entries(settingsOf(call, state)).map(([name, value]) => ({ name, slotSetting: false, value })),
  "functionapp config appsettings set": (call, { state }) => {
    const settings = settingsOf(call, state);
    for (const pair of call.many("--settings")) {
      const [name = "", ...value] = pair.split("=");
      settings[name] = value.join("=");
    }
    state.restarting[call.one("--name")] = 2;
    return Object.keys(settings).map((name) => ({ name, slotSetting: false, value: null }));
  },
  "functionapp config appsettings delete": (call, { state }) => {
    const settings = settingsOf(call, state);
    for (const name of call.many("--setting-names")) Reflect.deleteProperty(settings, name);
    state.restarting[call.one("--name")] = 2;
    return Object.keys(settings).map((name) => ({ name, slotSetting: false, value: null }));
  },
  "functionapp deployment source config-zip": (call, { state, folder }) => {
    settingsOf(call, state);
    const file = call.one("--src");
    if (!existsSync(resolve(folder, file)))
      throw new AzError(`Either '${file}' is not a valid local file path or you do not have permissions to access it`);
    state.packages[call.one("--name")] = file;
    readTriggers(state, call.one("--name")); // Part of a deployment, @see learn.microsoft.com/azure/azure-functions/functions-deployment-technologies
    return { complete: true };
  },
  "resource list": (call, { state }) =>
    inGroup(state, groupOf(call, state))
      .filter((one) => topLevel(one) && [one.type, undefined].includes(call.maybe("--resource-type")))
      .map(({ id, name, type, tags, location }) => json({ id, name, type, tags, location })),
  "resource delete": (call, { state }) => {
    for (const id of call.many("--ids")) {
      refuseLocked(state, id);
      remove(state, id);
    }
    return undefined;
  },
  "lock list": (call, { state }) => {
    const scope = `/providers/${call.one("--resource-type")}/${call.one("--resource")}/providers/Microsoft.Authorization/locks/`;
    return inGroup(state, groupOf(call, state))
      .filter(({ id }) => id.includes(scope) || /\/resourceGroups\/[^/]+\/providers\/[^/]+\/locks\//.test(id))
      .map(({ id, name }) => ({ id, name }));
  },
  "lock delete": (call, { state }) => {
    for (const id of call.many("--ids")) remove(state, id);
    return undefined;
  },
  "role assignment list": (call, { state }) => {
    const scope = `${call.one("--scope")}/providers/Microsoft.Authorization/roleAssignments/`;
    return Object.values(state.resources)
      .filter(({ id }) => id.startsWith(scope))
      .map(({ id, name }) => ({ id, name }));
  },
  "role assignment create": (call, { state }) => {
    const [scope, role] = [call.one("--scope"), call.one("--role")];
    if (!state.resources[scope]) throw missing(scope);
    const principalId = call.one("--assignee-object-id");
    const type = "Microsoft.Authorization/roleAssignments";
    const id = `${scope}/providers/${type}/${role}-${principalId}`;
    state.resources[id] = {
      id,
      type,
      name: id,
      properties: { principalId, principalType: call.one("--assignee-principal-type") },
    };
    return { id };
  },
  "role assignment delete": (call, { state }) => {
    const ids = call.has("--assignee")
      ? [
          `${call.one("--scope")}/providers/Microsoft.Authorization/roleAssignments/${call.one("--role")}-${call.one("--assignee")}`,
        ]
      : call.many("--ids");
    for (const id of ids) {
      refuseLocked(state, id);
      remove(state, id);
    }
    return undefined;
  },
  "servicebus queue show": (call, { state }) => {
    const { id, name } = entity(call, state, `queues/${call.one("--name")}`);
    return { id, name, countDetails: json(messagesOf(call, state).deliveries) };
  },
  "servicebus topic subscription show": (call, { state }) => {
    const { name } = entity(call, state, `topics/${call.one("--topic-name")}/subscriptions/${call.one("--name")}`);
    return { name, countDetails: json(messagesOf(call, state).webhooks) };
  },
  "servicebus topic show": (call, { state }) => topic(state, entity(call, state, `topics/${call.one("--name")}`)),
  "servicebus topic update": (call, { state }) => {
    const found = entity(call, state, `topics/${call.one("--name")}`);
    state.closed = state.closed.filter((id) => id !== found.id);
    if (call.one("--status") === "SendDisabled") state.closed.push(found.id);
    return topic(state, found);
  },
};

function shown(state: State, group: string, name: string): Json {
  const found = state.deployments[`${group}/${name}`];
  if (!found) throw missing(`Deployment '${name}'`);
  return { name, properties: { provisioningState: "Succeeded", outputs: found.outputs } };
}

const topic = (state: State, { id, name }: Resource): Json => ({
  name,
  status: state.closed.includes(id) ? "SendDisabled" : "Active",
});
