import * as z from "zod";
import type { Answered } from "./answer.ts";
import { rule } from "./field-errors.ts";
import { isHeaderName, isReservedHeader } from "./header-rules.ts";
import { MAX_TOKEN_PATH_CHARACTERS, MAX_TOKEN_PREFIX_CHARACTERS } from "./limits.ts";
import { pageOf } from "./page.ts";
import { pairAnswer, pairRequest } from "./pairs.ts";
import { descriptionSchema, listOf, nameSchema, textSchema, urlSchema } from "./text-rules.ts";
import { timeSchema } from "./time.ts";

const METHODS = ["POST", "GET"] as const;
const CONTENT_TYPES = ["application/x-www-form-urlencoded", "application/json"] as const;

const path = (fallback: string) => textSchema.max(MAX_TOKEN_PATH_CHARACTERS).default(fallback);

/** The body of POST and PUT; check-credential.ts has the rules that span several of its entries. */
export const credentialRequest = z.strictObject({
  name: nameSchema,
  description: descriptionSchema,
  method: z.enum(METHODS).default("POST"),
  url: urlSchema,
  contentType: z.enum(CONTENT_TYPES).default("application/x-www-form-urlencoded"),
  headers: listOf(z.array(pairRequest)).default([]),
  body: listOf(z.array(pairRequest)).default([]),
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
          rule("character-not-allowed", "A header name may contain only letters, digits and !#$%&'*+-.^_`|~."),
        )
        .refine((name) => !isReservedHeader(name), rule("reserved-key", "This header is set by HTTP or by us."))
        .default("Authorization"),
      prefix: z
        .string()
        .max(MAX_TOKEN_PREFIX_CHARACTERS)
        .refine(
          (prefix) => /^[\x20-\x7e]*$/.test(prefix),
          rule("character-not-allowed", "A prefix may contain only visible ASCII characters and spaces."),
        )
        .default("Bearer "),
    })
    .prefault({}),
});

export type CredentialRequest = Readonly<z.output<typeof credentialRequest>>;

/** Fields that only answers have; PUT takes and ignores them, as for webhooks. */
export const CREDENTIAL_READ_ONLY = ["id", "webhookCount", "createdAt", "updatedAt"] as const;

/** A credential in an answer. */
export const credentialAnswer = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  method: z.enum(METHODS),
  url: z.string(),
  contentType: z.enum(CONTENT_TYPES),
  headers: z.array(pairAnswer),
  body: z.array(pairAnswer),
  token: z.strictObject({ path: z.string(), expiresInPath: z.string(), typePath: z.string() }),
  placement: z.strictObject({ header: z.string(), prefix: z.string() }),
  webhookCount: z.int(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
});

export type CredentialAnswer = Answered<z.output<typeof credentialAnswer>>;

export const credentialPage = pageOf(credentialAnswer);
