import * as z from "zod";
import type { CheckedPair } from "./check-pairs.ts";
import { checkPairs } from "./check-pairs.ts";
import type { FieldError } from "./field-errors.ts";
import { fieldError, fieldErrors } from "./field-errors.ts";
import { entriesOf, urlSchema } from "./text-rules.ts";
import type { PersonalizationAttribute, WebhookRequest } from "./webhook.ts";
import { attributeRequest, WEBHOOK_READ_ONLY, webhookRequest } from "./webhook.ts";
import { withoutFields } from "./without-fields.ts";

/** A request body after every check that needs nothing but the body. */
export interface CheckedWebhook {
  /** All fields but the headers, which are apart; undefined when a field has the wrong form. */
  readonly fields:
    | (Omit<WebhookRequest, "headers" | "attributes"> & { readonly attributes: readonly PersonalizationAttribute[] })
    | undefined;
  readonly headers: readonly CheckedPair[];
  /** What decides where requests go, as far as it can be read; undefined without a valid URL. */
  readonly destination: { readonly url: string; readonly attributes: readonly PersonalizationAttribute[] } | undefined;
  readonly errors: readonly FieldError[];
}

/**
 * Rules W2 to W10 and E1 over the body of POST or PUT, as far as they can be checked without what is stored. All errors at once, several for a field
 * among them; nothing is secret here, values are plain texts.
 * @param headerCharacters what a header value may contain: the whole text must match
 * @param replaces true on PUT, which ignores the fields that only answers have
 */
export function checkWebhook(input: unknown, headerCharacters: RegExp, replaces: boolean): CheckedWebhook {
  const body = replaces ? withoutFields(input, WEBHOOK_READ_ONLY) : input;
  const shape = webhookRequest.safeParse(body, { reportInput: true });
  const loose = z.looseObject({}).safeParse(input).data ?? {};
  const headers = checkPairs(loose["headers"], { field: "headers", headerCharacters });
  const errors = [
    ...(shape.success ? [] : fieldErrors(shape.error).map((error) => (replaces ? asImmutable(error) : error))),
    ...headers.errors,
    ...repeats(
      loose["eventTypes"],
      (entry) => entry,
      (index) => ["eventTypes", index],
    ),
    ...repeats(
      z.looseObject({}).safeParse(loose["success"]).data?.["alsoStatuses"],
      (status) => (typeof status === "number" ? String(status) : undefined),
      (index) => ["success", "alsoStatuses", index],
    ),
    ...missingFallbacks(loose["attributes"]),
    ...repeats(loose["attributes"], nameOf, (index) => ["attributes", index, "name"]),
  ];
  const fields = shape.data && { ...shape.data, attributes: shape.data.attributes.map(withoutUnusedFallback) };
  return { fields, headers: headers.pairs, destination: destinationOf(loose), errors };
}

/** The credential that an unchecked body names. */
export function namedCredential(input: unknown): string | undefined {
  return z.object({ credentialId: z.string() }).safeParse(input).data?.credentialId;
}

function destinationOf(loose: Readonly<Record<string, unknown>>): CheckedWebhook["destination"] {
  const url = urlSchema.safeParse(loose["url"]).data;
  if (url === undefined) return undefined;
  const attributes = z.array(attributeRequest).safeParse(entriesOf(loose["attributes"])).data ?? [];
  return { url, attributes: attributes.map(withoutUnusedFallback) };
}

/** Rule W4: on PUT it is not the value that is unknown, it is the field that cannot change. */
function asImmutable(error: FieldError): FieldError {
  if (error.pointer !== "/eventGroup" || error.code !== "unknown-value") return error;
  return fieldError(["eventGroup"], "immutable", "The event group cannot be changed after creation.");
}

function repeats(
  list: unknown,
  textOf: (entry: unknown) => unknown,
  pathOf: (index: number) => PropertyKey[],
): FieldError[] {
  const seen = new Set<unknown>();
  return entriesOf(list).flatMap((entry, index) => {
    const text = textOf(entry);
    if (typeof text !== "string") return [];
    if (seen.has(text)) return [fieldError(pathOf(index), "duplicate-key", "This is already in the list.")];
    seen.add(text);
    return [];
  });
}

function missingFallbacks(attributes: unknown): FieldError[] {
  return entriesOf(attributes).flatMap((entry, index) => {
    const attribute = z.looseObject({}).safeParse(entry).data ?? {};
    if (attribute["ifMissing"] !== "fallback" || attribute["fallback"] !== undefined) return [];
    const message = "ifMissing is fallback, so a fallback is required.";
    return [fieldError(["attributes", index, "fallback"], "required", message)];
  });
}

function nameOf(attribute: unknown): unknown {
  return z.object({ name: z.string() }).safeParse(attribute).data?.name.trim();
}

/** A fallback counts only where `ifMissing` asks for it; elsewhere it is dropped. */
function withoutUnusedFallback({
  name,
  ifMissing,
  fallback,
}: z.output<typeof attributeRequest>): PersonalizationAttribute {
  return ifMissing === "fallback" && fallback !== undefined ? { name, ifMissing, fallback } : { name, ifMissing };
}
