import * as z from "zod";
import type { Credential, CredentialConfig } from "./credential.ts";
import type { FieldError } from "../../lib/errors.ts";
import type { Parsed } from "./field-errors.ts";
import { fieldError, fieldErrors, onePerField, rule } from "./field-errors.ts";
import { isHeaderName, isReservedHeader } from "./header-rules.ts";
import { pairSchema, readPairs } from "./pair-rules.ts";
import { descriptionSchema, entriesOf, listOf, nameSchema, textSchema, urlSchema } from "./text-rules.ts";
import { withoutFields } from "./webhook-schema.ts";
import { plainText } from "../events/well-formed.ts";

const MAX_PATH = 200;
const MAX_PREFIX = 100;
/** Largest pair of a token request's body, in characters: room for a certificate or a signed assertion. */
const MAX_PAIR_VALUE = 20_000;

const path = (fallback: string) => textSchema.max(MAX_PATH).default(fallback);

/** The request body of POST; the rules over several pairs stand in {@link parseCredential}. */
const credentialSchema = z.strictObject({
  name: nameSchema,
  description: descriptionSchema,
  method: z.enum(["POST", "GET"]).default("POST"),
  url: urlSchema,
  contentType: z
    .enum(["application/x-www-form-urlencoded", "application/json"])
    .default("application/x-www-form-urlencoded"),
  headers: listOf(z.array(pairSchema)).default([]),
  body: listOf(z.array(pairSchema)).default([]),
  token: z
    .strictObject({ path: path("access_token"), expiresInPath: path("expires_in"), typePath: path("token_type") })
    .prefault({}),
  placement: z
    .strictObject({
      header: z
        .string()
        .trim()
        .refine((name) => name !== "", rule("required", "This may not be empty."))
        .refine(
          isHeaderName,
          rule("character-not-allowed", "A header name holds letters, digits and !#$%&'*+-.^_`|~ only."),
        )
        .refine((name) => !isReservedHeader(name), rule("reserved-key", "This header is set by HTTP or by us."))
        .default("Authorization"),
      prefix: z
        .string()
        .max(MAX_PREFIX)
        .refine(
          (prefix) => /^[\x20-\x7e]*$/.test(prefix),
          rule("character-not-allowed", "A prefix holds visible ASCII characters and spaces only."),
        )
        .default("Bearer "),
    })
    .prefault({}),
});

/** Fields that only answers have; PUT takes and ignores them, as for webhooks. */
const READ_ONLY = ["id", "webhookCount", "createdAt", "updatedAt"] as const;

export interface CredentialContext {
  /** The stored credential that a PUT replaces; undefined on POST. */
  readonly previous: Credential | undefined;
  /** What a header value may hold: the whole text must match. */
  readonly headerCharacters: RegExp;
}

/**
 * Rules C1, C2, C5 over the body of POST or PUT. Pure.
 * @returns the configuration, or every bad field, one entry each
 */
export function parseCredential(input: unknown, context: CredentialContext): Parsed<CredentialConfig> {
  const { previous, headerCharacters } = context;
  const shape = credentialSchema.safeParse(previous === undefined ? input : withoutFields(input, READ_ONLY), {
    reportInput: true,
  });
  const loose = z.looseObject({}).safeParse(input).data ?? {};
  const url = loose["url"];
  const hostChanged = previous !== undefined && typeof url === "string" && whereTo(url) !== whereTo(previous.url);
  const headers = readPairs(loose["headers"], {
    field: "headers",
    previous: previous?.headers ?? [],
    hostChanged,
    headerCharacters,
    reserved: new Map([["content-type", "Set contentType instead."]]),
  });
  const body = readPairs(loose["body"], {
    field: "body",
    previous: previous?.body ?? [],
    hostChanged,
    headerCharacters: undefined,
  });
  const errors = [
    ...(shape.success ? [] : fieldErrors(shape.error)),
    ...headers.errors,
    ...body.errors,
    ...tooLong(loose["body"]),
  ];
  if (!shape.success || errors.length > 0) return { ok: false, errors: onePerField(errors) };
  return { ok: true, value: { ...shape.data, headers: headers.pairs, body: body.pairs } };
}

function tooLong(pairs: unknown): FieldError[] {
  return entriesOf(pairs).flatMap((pair, index) => {
    const value = pairSchema.safeParse(pair).data?.value ?? "";
    if (value.length <= MAX_PAIR_VALUE) return [];
    return [fieldError(["body", index, "value"], "too-long", `At most ${String(MAX_PAIR_VALUE)} characters.`)];
  });
}

/** Host and port that a token request goes to; the whole text where it is no URL. */
function whereTo(url: string): string {
  return URL.parse(plainText(url))?.host ?? url;
}
