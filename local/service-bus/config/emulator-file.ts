/** The shape of the official emulator's `Config.json`, as far as the stand-in supports it; durations become milliseconds. */
import * as z from "zod";
import { parseDuration } from "./duration.ts";

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

/** What the stand-in does not support is rejected at load time, not discovered later. */
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
  // Azure's range, and one second for tests that wait for a lock to expire.
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

export const queueSchema = z.strictObject({
  Name: name,
  Properties: z.strictObject({ ...receivable, ...detection }).prefault({}),
});
export const subscriptionSchema = z.strictObject({
  Name: name,
  Properties: z
    .strictObject({ ...receivable, DeadLetteringOnFilterEvaluationExceptions: z.boolean().optional() })
    .prefault({}),
  Rules: z.array(z.unknown()).default([]),
});
export const topicSchema = z.strictObject({
  Name: name,
  Properties: z.strictObject({ DefaultMessageTimeToLive: timeToLive, ...detection }).prefault({}),
  Subscriptions: z.array(subscriptionSchema).default([]),
});
export const listenerSchema = z.strictObject({
  Port: z.number().int().min(0).max(65535).default(0),
  SharedAccessKeyName: z.string().min(1).default("RootManageSharedAccessKey"),
  SharedAccessKey: z.string().min(1).default("local-development-only"),
  Tls: z
    .strictObject({ Port: z.number().int().min(0).max(65535).default(0), KeyFile: z.string(), CertFile: z.string() })
    .optional(),
});
export const fileSchema = z.looseObject({
  UserConfig: z.looseObject({
    Namespaces: z
      .array(
        z.strictObject({
          Name: name,
          Queues: z.array(queueSchema).default([]),
          Topics: z.array(topicSchema).default([]),
        }),
      )
      .min(1),
  }),
  /** Our additions, by namespace: the official emulator ignores this key. */
  Listeners: z.record(z.string(), listenerSchema).default({}),
});
