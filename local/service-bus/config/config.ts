import { readFileSync } from "node:fs";
import * as z from "zod";
import { fileSchema, listenerSchema } from "./emulator-file.ts";
import type { queueSchema, subscriptionSchema, topicSchema } from "./emulator-file.ts";
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
  /** A message is accepted when any rule matches. */
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
  /** 0 is any free port. */
  readonly port: number;
  readonly keyName: string;
  readonly key: string;
  /** PEM texts of a second listener, over TLS, for clients that require it. */
  readonly tls: { readonly port: number; readonly key: string; readonly cert: string } | undefined;
  readonly queues: readonly QueueConfig[];
  readonly topics: readonly TopicConfig[];
}

export interface BusConfig {
  readonly namespaces: readonly NamespaceConfig[];
}

function toReceivable(
  from: z.infer<typeof queueSchema>["Properties"] | z.infer<typeof subscriptionSchema>["Properties"],
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

function toTopic(from: z.infer<typeof topicSchema>): TopicConfig {
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
 * Parses a configuration in the format of the official emulator's `Config.json` (line comments allowed), with several namespaces and our own
 * `Listeners` (port, key, TLS by namespace). `readText` reads the PEM files that `Tls` names.
 * @throws naming every field that is wrong, unknown or not supported (sessions, partitioning, SQL filters).
 */
export function parseConfig(
  text: string,
  readText: (path: string) => string = (path) => readFileSync(path, "utf8"),
): BusConfig {
  const parsed = fileSchema.safeParse(JSON.parse(withoutComments(text)));
  if (!parsed.success) throw new Error(`The Service Bus configuration is not valid:\n${z.prettifyError(parsed.error)}`);
  const { UserConfig, Listeners } = parsed.data;
  const stray = Object.keys(Listeners).find(
    (key) => !UserConfig.Namespaces.some((namespace) => namespace.Name === key),
  );
  if (stray !== undefined)
    throw new Error(
      `The Service Bus configuration is not valid: Listeners names the namespace "${stray}", which UserConfig.Namespaces does not have.`,
    );
  return {
    namespaces: UserConfig.Namespaces.map((namespace) => {
      const own = listenerSchema.parse(Listeners[namespace.Name] ?? {});
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

/** `text` without `//` comments, except inside JSON strings. */
function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*/g, (found) => (found.startsWith("//") ? "" : found));
}
