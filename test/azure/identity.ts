import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { AzError, type Call } from "./call.ts";
import type { Command } from "./command.ts";
import { type Json, parseJson } from "./json.ts";
import type { State } from "./state.ts";

type Application = State["applications"][number];

function application(state: State, id: string): Application {
  const found = state.applications.find((one) => one.id === id || one.appId === id);
  if (!found)
    throw new AzError(
      `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
      3,
    );
  return found;
}

const shown = ({ id, appId, displayName, appRoles }: Application): Json => ({ id, appId, displayName, appRoles });

/** Text of an option, or of the file that it names with `@`. */
function textOrFile(call: Call, name: string, folder: string): Json {
  const text = call.maybe(name);
  if (text === undefined) return [];
  return parseJson(text.startsWith("@") ? readFileSync(resolve(folder, text.slice(1)), "utf8") : text);
}

function subscription(state: State): { id: string; name: string; tenantId: string } {
  if (!state.subscription) throw new AzError("Please run 'az login' to setup account.");
  return state.subscription;
}

/** Who is logged in, and registrations in Entra ID. */
export const identityCommands: Readonly<Record<string, Command>> = {
  login: () => [],
  "account show": (_call, { state }) => ({ ...subscription(state) }),
  "account set": (call, { state }) => {
    const { id, name } = subscription(state);
    if (![id, name].includes(call.one("--subscription")))
      throw new AzError("The subscription does not exist in cloud 'AzureCloud'.");
    return undefined;
  },
  "account get-access-token": (call, { state }) => {
    const resource = call.one("--resource");
    state.tokens.push(resource);
    return { accessToken: `token for ${resource}`, tokenType: "Bearer" };
  },
  "ad signed-in-user show": () => ({
    id: "a0000000-0000-4000-8000-00000000000a",
    userPrincipalName: "ana@example.com",
  }),
  "ad app create": (call, { state, folder }) => {
    const number = String(state.applications.length + 1);
    const created = {
      id: `b0000000-0000-4000-8000-00000000000${number}`,
      appId: `c0000000-0000-4000-8000-00000000000${number}`,
      displayName: call.one("--display-name"),
      audience: call.one("--sign-in-audience"),
      identifierUris: [],
      appRoles: textOrFile(call, "--app-roles", folder),
      patches: [],
    };
    state.applications.push(created);
    return shown(created);
  },
  "ad app list": (call, { state }) =>
    state.applications.filter(({ displayName }) => displayName.startsWith(call.one("--display-name"))).map(shown),
  "ad app show": (call, { state }) => shown(application(state, call.one("--id"))),
  "ad app update": (call, { state, folder }) => {
    const found = application(state, call.one("--id"));
    if (call.has("--app-roles")) found.appRoles = textOrFile(call, "--app-roles", folder);
    if (call.has("--identifier-uris")) found.identifierUris = [...call.many("--identifier-uris")];
    return undefined;
  },
  "ad app federated-credential create": (call, { state, folder }) => {
    const credential = textOrFile(call, "--parameters", folder);
    application(state, call.one("--id")).patches.push(credential);
    return credential;
  },
  "ad sp create": (call, { state }) => ({ id: `d${application(state, call.one("--id")).id.slice(1)}` }),
  "ad sp show": (call, { state }) => ({ id: `d${application(state, call.one("--id")).id.slice(1)}` }),
};
