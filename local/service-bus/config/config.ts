import { readFileSync } from "node:fs";
import * as z from "zod";
import { parseDuration } from "./duration.ts";
import { parseRules } from "./rules.ts";
import type { Rule } from "./rules.ts";

/** Durations in milliseconds; forwarding targets are paths of queues or topics of the same namespace. */
export interface ReceivableConfig {
  readonly lockDuration: number;
  readonly maxDeliveryCount: number;
  readonly defaultTimeToLive: number;
  readonly deadLetterOnExpiration: boolean;
  readonly forwardTo: string | undefined;
  readonly forwardDeadLettersTo: string | undefined;
}

export interface QueueConfig extends ReceivableConfig {
  readonly name: string;
  readonly duplicateWindow: number | undefined;
}

export interface SubscriptionConfig extends ReceivableConfig {
  readonly name: string;
  /** Any rule that matches lets a message in. */
  readonly rules: readonly Rule[];
}

export interface TopicConfig {
  readonly name: string;
  readonly defaultTimeToLive: number;
  readonly duplicateWindow: number | undefined;
  readonly subscriptions: readonly SubscriptionConfig[];
}

export interface NamespaceConfig {
  readonly name: string;
  /** 0: any free port. */
  readonly port: number;
  readonly keyName: string;
  readonly key: string;
  /** PEM texts; a second listener that speaks TLS, for clients that insist on it. */
  readonly tls: { readonly port: number; readonly key: string; readonly cert: string } | undefined;
  readonly queues: readonly QueueConfig[];
  readonly topics: readonly TopicConfig[];
}

export interface BusConfig {
  readonly namespaces: readonly NamespaceConfig[];
}

const WINDOW_DEFAULT = "PT10M";
const FOREVER = "P10675199DT2H48M5.4775807S";

const duration = (least: string, most: string, shorter?: string) =>
  z.string().transform((text, context) => {
    const value = parseDuration(text);
    const [low, high] = [parseDuration(least) ?? 0, parseDuration(most) ?? 0];
    const fits = value !== undefined && ((value >= low && value <= high) || text === shorter);
    if (!fits)
      context.addIssue({
        code: "custom",
        message: `must be an ISO 8601 duration from ${least} to ${most}, got "${text}"`,
      });
    return value ?? 0;
  });

/** What the stand-in does not do, refused while loading so that nobody finds out later. */
const never = (feature: string) =>
  z
    .literal(false, { error: `${feature} is not supported by the stand-in: leave it out or set it to false` })
    .optional();

const forward = z
  .string()
  .transform((path) => (path === "" ? undefined : path))
  .optional();
const timeToLive = duration("PT1S", FOREVER).prefault(FOREVER);
const receivable = {
  // Azure's range, and one second for tests that wait for a lock to end.
  LockDuration: duration("PT5S", "PT5M", "PT1S").prefault("PT1M"),
  MaxDeliveryCount: z.number().int().min(1).max(2000).default(10),
  DefaultMessageTimeToLive: timeToLive,
  DeadLetteringOnMessageExpiration: z.boolean().default(false),
  ForwardTo: forward,
  ForwardDeadLetteredMessagesTo: forward,
  RequiresSession: never("RequiresSession"),
  AutoDeleteOnIdle: z.never({ error: "AutoDeleteOnIdle is not supported by the stand-in: leave it out" }).optional(),
};
const detection = {
  RequiresDuplicateDetection: z.boolean().default(false),
  DuplicateDetectionHistoryTimeWindow: duration("PT20S", "P7D", "PT1S").prefault(WINDOW_DEFAULT),
  EnablePartitioning: never("EnablePartitioning"),
};
const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,259}$/, "must be letters, digits, periods, hyphens, underscores and slashes");

const queue = z.strictObject({ Name: name, Properties: z.strictObject({ ...receivable, ...detection }).prefault({}) });
const subscription = z.strictObject({
  Name: name,
  Properties: z
    .strictObject({ ...receivable, DeadLetteringOnFilterEvaluationExceptions: z.boolean().optional() })
    .prefault({}),
  Rules: z.array(z.unknown()).default([]),
});
const topic = z.strictObject({
  Name: name,
  Properties: z.strictObject({ DefaultMessageTimeToLive: timeToLive, ...detection }).prefault({}),
  Subscriptions: z.array(subscription).default([]),
});
const listener = z.strictObject({
  Port: z.number().int().min(0).max(65535).default(0),
  SharedAccessKeyName: z.string().min(1).default("RootManageSharedAccessKey"),
  SharedAccessKey: z.string().min(1).default("local-development-only"),
  Tls: z
    .strictObject({ Port: z.number().int().min(0).max(65535).default(0), KeyFile: z.string(), CertFile: z.string() })
    .optional(),
});
const file = z.looseObject({
  UserConfig: z.looseObject({
    Namespaces: z
      .array(z.strictObject({ Name: name, Queues: z.array(queue).default([]), Topics: z.array(topic).default([]) }))
      .min(1),
  }),
  /** Our own additions by namespace, in a place of their own: the official emulator ignores it. */
  Listeners: z.record(z.string(), listener).default({}),
});

function toReceivable(
  from: z.infer<typeof queue>["Properties"] | z.infer<typeof subscription>["Properties"],
): ReceivableConfig {
  return {
    lockDuration: from.LockDuration,
    maxDeliveryCount: from.MaxDeliveryCount,
    defaultTimeToLive: from.DefaultMessageTimeToLive,
    deadLetterOnExpiration: from.DeadLetteringOnMessageExpiration,
    forwardTo: from.ForwardTo,
    forwardDeadLettersTo: from.ForwardDeadLetteredMessagesTo,
  };
}

const windowOf = (from: {
  RequiresDuplicateDetection: boolean;
  DuplicateDetectionHistoryTimeWindow: number;
}): number | undefined => (from.RequiresDuplicateDetection ? from.DuplicateDetectionHistoryTimeWindow : undefined);

function toTopic(from: z.infer<typeof topic>): TopicConfig {
  return {
    name: from.Name,
    defaultTimeToLive: from.Properties.DefaultMessageTimeToLive,
    duplicateWindow: windowOf(from.Properties),
    subscriptions: from.Subscriptions.map((one) => ({
      name: one.Name,
      ...toReceivable(one.Properties),
      rules: parseRules(one.Rules, `${from.Name}/Subscriptions/${one.Name}`),
    })),
  };
}

/**
 * Reads the text of a configuration in the format of the official emulator's `Config.json` (line comments allowed), with several namespaces and our own
 * `Listeners` (port, key, TLS by namespace). `readText` reads the PEM files that `Tls` names.
 * @throws Error naming every field that is wrong, unknown or not supported (sessions, partitioning, SQL filters).
 */
export function parseConfig(
  text: string,
  readText: (path: string) => string = (path) => readFileSync(path, "utf8"),
): BusConfig {
  const parsed = file.safeParse(JSON.parse(withoutComments(text)));
  if (!parsed.success)
    throw new Error(`The Service Bus configuration cannot be used:\n${z.prettifyError(parsed.error)}`);
  const { UserConfig, Listeners } = parsed.data;
  const stray = Object.keys(Listeners).find(
    (key) => !UserConfig.Namespaces.some((namespace) => namespace.Name === key),
  );
  if (stray !== undefined)
    throw new Error(
      `The Service Bus configuration cannot be used: Listeners names the namespace "${stray}", which UserConfig.Namespaces has not.`,
    );
  return {
    namespaces: UserConfig.Namespaces.map((namespace) => {
      const own = listener.parse(Listeners[namespace.Name] ?? {});
      return {
        name: namespace.Name,
        port: own.Port,
        keyName: own.SharedAccessKeyName,
        key: own.SharedAccessKey,
        tls: own.Tls && { port: own.Tls.Port, key: readText(own.Tls.KeyFile), cert: readText(own.Tls.CertFile) },
        queues: namespace.Queues.map((one) => ({
          name: one.Name,
          ...toReceivable(one.Properties),
          duplicateWindow: windowOf(one.Properties),
        })),
        topics: namespace.Topics.map(toTopic),
      };
    }),
  };
}

/** `text` without `//` comments; those inside JSON strings stay. */
function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*/g, (found) => (found.startsWith("//") ? "" : found));
}
