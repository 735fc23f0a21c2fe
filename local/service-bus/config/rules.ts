import * as z from "zod";
import type { FilterField, MessageContent } from "../store/message.ts";

/** Whether a rule of a subscription matches a message. */
export type Rule = (content: MessageContent) => boolean;

const text = z.string().optional();
const correlation = z.strictObject({
  ContentType: text,
  CorrelationId: text,
  Label: text,
  MessageId: text,
  ReplyTo: text,
  ReplyToSessionId: text,
  SessionId: text,
  To: text,
  Properties: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});
const rule = z.strictObject({
  Name: z.string(),
  Properties: z.union([
    z.strictObject({ FilterType: z.literal("Correlation"), CorrelationFilter: correlation }),
    z.strictObject({ FilterType: z.literal("Sql"), SqlFilter: z.strictObject({ SqlExpression: z.string() }) }),
  ]),
});

const FIELDS: readonly FilterField[] = [
  "ContentType",
  "CorrelationId",
  "Label",
  "MessageId",
  "ReplyTo",
  "ReplyToSessionId",
  "SessionId",
  "To",
];

/**
 * The rules of the subscription `path`; without any, the default rule, which matches everything.
 * @throws for an unknown shape, a rule action, or an SQL expression other than `1=1` and `1=0`.
 */
export function parseRules(given: readonly unknown[], path: string): readonly Rule[] {
  if (given.length === 0) return [() => true];
  return given.map((one, index) => {
    const parsed = rule.safeParse(one);
    if (!parsed.success)
      throw new Error(
        `Rule ${String(index + 1)} of ${path} is not supported (correlation filters and SQL 1=1 or 1=0, no actions):\n${z.prettifyError(parsed.error)}`,
      );
    const { Name, Properties } = parsed.data;
    return Properties.FilterType === "Correlation"
      ? correlationRule(Properties.CorrelationFilter)
      : sqlRule(Properties.SqlFilter.SqlExpression, `${path}/Rules/${Name}`);
  });
}

/** Every field that the filter names must be equal, case included. */
function correlationRule(filter: z.infer<typeof correlation>): Rule {
  const wanted = FIELDS.filter((field) => filter[field] !== undefined);
  const properties = Object.entries(filter.Properties ?? {});
  return (content) =>
    wanted.every((field) => content.fields[field] === filter[field]) &&
    properties.every(([name, value]) => plain(content.properties.get(name)) === value);
}

/** AMQP values carry their plain value in `value`. */
function plain(value: unknown): unknown {
  return typeof value === "object" && value !== null && "value" in value ? value.value : value;
}

function sqlRule(expression: string, place: string): Rule {
  const bare = expression.replaceAll(/\s/g, "");
  if (bare === "1=1" || bare.toLowerCase() === "true") return () => true;
  if (bare === "1=0" || bare.toLowerCase() === "false") return () => false;
  throw new Error(
    `${place}: the stand-in supports the SQL expressions 1=1 and 1=0 only, not "${expression}". Use a correlation filter.`,
  );
}
