import type { Json } from "./json.ts";

/** Messages of a queue or a subscription, by what they wait for. */
export interface Counts {
  activeMessageCount: number;
  scheduledMessageCount: number;
  deadLetterMessageCount: number;
  transferMessageCount: number;
  transferDeadLetterMessageCount: number;
}

export interface Resource {
  id: string;
  type: string;
  name: string;
  location?: string;
  tags?: Record<string, string>;
  properties: Record<string, unknown>;
}

export interface Webhook {
  id: string;
  name: string;
  url: string;
}

/** Everything that a call can read or change. Plain data: a copy of it is a picture of Azure and of the app's tables. */
export interface State {
  subscription: { id: string; name: string; tenantId: string } | null;
  groups: Record<string, { location: string }>;
  /** By id; children, locks and role assignments too. */
  resources: Record<string, Resource>;
  /** By group and name. */
  deployments: Record<string, { name: string; outputs: Record<string, { value: Json }> }>;
  /** Settings of each app, by its name. */
  settings: Record<string, Record<string, string>>;
  /** Functions that the platform knows of each app: those of its last trigger sync. */
  functions: Record<string, string[]>;
  /** By namespace id, then by queue or subscription. */
  messages: Record<string, { deliveries: Counts; webhooks: Counts }>;
  /** Bodies of messages that are scheduled in a queue. */
  scheduled: string[];
  /** Topics, by id, that take no messages. */
  closed: string[];
  /** How far each app, by name, is from being up after a restart: by 2 its host does not run, by 1 it is not ready, by 0 it is. */
  restarting: Record<string, number>;
  /** Package that each app runs, by the app's name. */
  packages: Record<string, string>;
  /** Canary webhooks, by client. */
  webhooks: Record<string, Webhook[]>;
  /** Canary events, by client, each with how often its record was requested: it does not exist at once. */
  canaries: Record<string, { eventId: string; asked: number }[]>;
  applications: {
    id: string;
    appId: string;
    displayName: string;
    audience: string;
    identifierUris: string[];
    appRoles: Json;
    patches: Json[];
  }[];
  providers: string[];
  /** What tokens were fetched for ahead of their use. */
  tokens: string[];
}

const SUBSCRIPTION = "5ab5c71b-0000-4000-8000-000000000001";

/** An empty subscription with a logged-in user. */
export function emptyState(): State {
  return {
    subscription: { id: SUBSCRIPTION, name: "Services", tenantId: "7e0a0000-0000-4000-8000-000000000002" },
    groups: {},
    resources: {},
    deployments: {},
    settings: {},
    functions: {},
    messages: {},
    scheduled: [],
    closed: [],
    restarting: {},
    packages: {},
    webhooks: {},
    canaries: {},
    applications: [],
    providers: [],
    tokens: [],
  };
}

/** Nothing waits anywhere. */
export const NO_MESSAGES: Counts = {
  activeMessageCount: 0,
  scheduledMessageCount: 0,
  deadLetterMessageCount: 0,
  transferMessageCount: 0,
  transferDeadLetterMessageCount: 0,
};

export function namespacesOf(state: State): Resource[] {
  return Object.values(state.resources).filter(({ type }) => /^Microsoft\.ServiceBus\/namespaces$/i.test(type));
}
