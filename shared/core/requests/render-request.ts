import { declaredCharset } from "./body-charset.ts";
import type { ContentKind } from "./content-type.ts";
import type { Fault } from "../deliveries/delivery.ts";
import { fitsHeader } from "../templates/positions/escape.ts";
import type { KlsEvent } from "../events/event.ts";
import { isHeaderName } from "../../contract/header-rules.ts";
import { secretsOfHeader } from "./header-secrets.ts";
import type { Hidden } from "../masking/parts.ts";
import { compileBody, renderBody, type BodyTemplate } from "./render-body.ts";
import { compileUrl, renderUrl, type UrlTemplate } from "./render-url.ts";
import {
  compileTemplate,
  fillersOf,
  resultOf,
  renderPieces,
  type Result,
  type Slot,
  type Template,
} from "../templates/template.ts";
import { parseTemplate } from "../templates/parse.ts";
import { TemplateLimit, TemplateProblem } from "../templates/problem.ts";
import { CompileWork, MAX_TEMPLATE_CHARACTERS, RenderWork } from "../templates/work.ts";
import type { WebhookConfig, WebhookHeader } from "../configuration/webhook.ts";
import { plainText } from "../../contract/plain-text.ts";

/** Longest header value that is sent, in bytes: twice what can be configured; most servers accept no more. */
export const MAX_HEADER_BYTES = 8_192;

/**
 * What was rendered cannot be sent. The message names the field and the place; it contains no value of the event, and nothing of a secret header
 * except line and column.
 */
export interface TemplateFault extends Fault {
  readonly kind: "template";
  /** `url`, `headers/1/key`, `headers/1/value` or `body`. */
  readonly field: string;
}

/** What rendering needs of a webhook; a stored webhook or an unsaved one. */
export type WebhookTemplates = Pick<WebhookConfig, "url" | "headers" | "body" | "attributes"> &
  Partial<Pick<WebhookConfig, "credentialId">>;

interface CompiledHeader {
  readonly key: string;
  readonly field: string;
  readonly secret: boolean;
  readonly value: Template;
}

interface Parts {
  readonly url: UrlTemplate;
  readonly headers: readonly CompiledHeader[];
  readonly body: BodyTemplate;
  /** Our content type for a body whose webhook does not set one. */
  readonly ownContentType: string | undefined;
  /** The placeholders of `oauth.token`. */
  readonly tokenSlots: readonly Slot[];
}

/** A webhook's templates, ready to render many times. Cache it by webhook id and version. */
export interface CompiledWebhook {
  /** Faults whatever the event: every render returns the first of them. For the preview's warnings. */
  readonly faults: readonly TemplateFault[];
  /** Rough upper bound of its memory, in bytes. */
  readonly bytes: number;
  /** Absent when there are faults. */
  readonly parts?: Parts;
}

/** A rendered request, without the headers that each attempt adds (`webhook-id`, token, …). */
export interface RenderedRequest {
  /** Absolute https URL without a fragment, as serialized by the URL parser. */
  readonly url: string;
  /** In the configured order; our content type comes last when the webhook sets none and the body is not empty. */
  readonly headers: readonly (readonly [key: string, value: string])[];
  readonly body: string;
  /** The body in its declared charset; absent when that is UTF-8. */
  readonly bytes?: Uint8Array;
  /** Value of the content type header; undefined when none is sent. */
  readonly contentType: string | undefined;
  /** The templates place the token themselves (`oauth.token`), so no header is added for it. Absent when they do not. */
  readonly placesToken?: true;
}

export type Rendering =
  | {
      readonly ok: true;
      readonly request: RenderedRequest;
      /** What to mask everywhere: parts of the headers marked secret, and what filters made of the token. */
      readonly secrets: readonly Hidden[];
    }
  | { readonly ok: false; readonly fault: TemplateFault };

/** Compiles all templates of a webhook. Never throws: problems are in `faults`, in the order of the fields. */
export function compileWebhook(webhook: WebhookTemplates): CompiledWebhook {
  const characters = charactersOf(webhook);
  if (characters > MAX_TEMPLATE_CHARACTERS) return { faults: [faultOf("body", tooManyCharacters())], bytes: 0 };
  const faults: TemplateFault[] = [];
  const keep = <T>(field: string, compiled: Result<T>, secret = false): T | undefined => {
    if (compiled.ok) return compiled.value;
    faults.push(faultOf(field, compiled.problem, secret));
    return undefined;
  };
  const fillers = fillersOf(webhook.attributes);
  const work = new CompileWork((webhook.credentialId ?? null) !== null);
  const type = contentTypeOf(webhook.headers);
  const url = keep("url", compileUrl(webhook.url, fillers, work));
  const headers = webhook.headers.map(({ key, value, secret }, index) => {
    const field = `headers/${String(index)}`;
    if (!isHeaderName(key)) keep(`${field}/key`, { ok: false, problem: new TemplateProblem(NO_HEADER_NAME) });
    const compiled = compileTemplate(value.reveal(), "header", fillers, work);
    return { key, field: `${field}/value`, secret, value: keep(`${field}/value`, compiled, secret) ?? { pieces: [] } };
  });
  const text = plainText(webhook.body);
  const body = keep("body", compileBody(text, type, fillers, work));
  const bytes = BYTES_PER_CHARACTER * characters + BYTES_PER_PLACEHOLDER * work.found;
  if (faults.length > 0 || url === undefined || body === undefined) return { faults, bytes };
  const named = webhook.headers.some(isContentType);
  const ownContentType = named || text === "" ? undefined : contentTypeFor(body.kind, text);
  const tokenSlots = [url.template, ...headers.map(({ value }) => value), body.template].flatMap(tokenSlotsOf);
  return { faults, bytes, parts: { url, headers, body, ownContentType, tokenSlots } };
}

/**
 * Renders the request of one webhook for one event. Never throws; the same input gives the same request. Its cost is bounded
 * (`MAX_RENDER_CHARACTERS`); a fault reports that the bound was exceeded.
 * @param work counts what it cost
 * @param token for templates that place it ({@link RenderedRequest.placesToken}); without it a dummy is rendered, which shows any other fault
 */
export function renderRequest(
  compiled: CompiledWebhook,
  event: KlsEvent,
  work = new RenderWork(),
  token?: string,
): Rendering {
  const { parts } = compiled;
  if (parts === undefined) {
    return { ok: false, fault: compiled.faults[0] ?? faultOf("url", new TemplateProblem("it was not compiled")) };
  }
  const values = { event, token };
  const url = renderUrl(parts.url, values, work);
  if (!url.ok) return failed("url", url.problem);
  const headers: (readonly [string, string])[] = [];
  const secrets: Hidden[] = [];
  let contentType = parts.ownContentType;
  let typeIsSecret = false;
  for (const { key, field, secret, value } of parts.headers) {
    const rendered = renderPieces(value, values, work, MAX_HEADER_BYTES);
    if (!rendered.ok) return failed(field, rendered.problem, secret);
    const text = rendered.value.join("");
    if (!fitsHeader(text)) return failed(field, new TemplateProblem(NOT_FOR_A_HEADER), secret);
    headers.push([key, text]);
    if (secret) secrets.push(...secretsOfHeader(value, rendered.value));
    if (isContentType({ key })) [contentType, typeIsSecret] = [text, secret];
  }
  if (parts.ownContentType !== undefined) headers.push(["content-type", parts.ownContentType]);
  const compiledBody = parts.body.as(contentType);
  if (!compiledBody.ok) return failed("body", compiledBody.problem);
  const body = renderBody(compiledBody.value, contentType, values, work);
  // A problem with a charset names the charset.
  if (!body.ok) return failed("body", body.problem, typeIsSecret);
  const { text, bytes } = body.value;
  const request = { url: url.value, headers, body: text, contentType, ...(bytes === undefined ? {} : { bytes }) };
  if (parts.tokenSlots.length === 0) return { ok: true, request, secrets };
  if (token !== undefined) secrets.push(...tokenTexts(parts.tokenSlots, token));
  return { ok: true, request: { ...request, placesToken: true }, secrets };
}

function tokenSlotsOf({ pieces }: Template): readonly Slot[] {
  return pieces.filter((piece) => typeof piece !== "string").filter(({ tokenText }) => tokenText !== undefined);
}

/** What filters made of the token, to be masked; the token itself is masked anyway. Skips short results such as counts. */
function tokenTexts(slots: readonly Slot[], token: string): readonly string[] {
  // A separate budget suffices: this is less than what one budget has just rendered.
  const work = new RenderWork();
  const texts = slots.map((slot) => slot.tokenText?.(token, work) ?? "");
  return [...new Set(texts)].filter((text) => text !== token && text.length >= LEAST_OF_TOKEN);
}

/** Shortest piece of a token that is masked everywhere, in characters. */
const LEAST_OF_TOKEN = 6;

const NO_HEADER_NAME = "it is not a valid header name; use letters, digits and hyphens";
const NOT_FOR_A_HEADER = "it contains a character that a header cannot carry; percent-encode it";
/** Measured upper bounds: a placeholder with ten filters, and a character of a date's format. */
const BYTES_PER_PLACEHOLDER = 4_096;
const BYTES_PER_CHARACTER = 12;

function charactersOf({ url, headers, body }: WebhookTemplates): number {
  return headers.reduce((sum, { value }) => sum + value.reveal().length, url.length + body.length);
}

function tooManyCharacters(): TemplateLimit {
  return new TemplateLimit(
    `URL, header values and body have more than ${String(MAX_TEMPLATE_CHARACTERS)} characters in total; shorten them`,
  );
}

function failed(field: string, problem: TemplateProblem, secret = false): Rendering {
  return { ok: false, fault: faultOf(field, problem, secret) };
}

/** The only place where a problem becomes text for people. */
function faultOf(field: string, problem: TemplateProblem, secret = false): TemplateFault {
  const said = secret ? problem.describeSecret() : problem.describe();
  return { kind: "template", field, message: `${field}: ${said}.` };
}

function isContentType({ key }: Pick<WebhookHeader, "key">): boolean {
  return key.toLowerCase() === "content-type";
}

/** The literal part of the configured content type: its placeholders count as empty. Undefined when nothing is left, or when it does not parse. */
function contentTypeOf(headers: readonly WebhookHeader[]): string | undefined {
  const value = headers.find(isContentType)?.value.reveal() ?? "";
  const tokens = resultOf(() => parseTemplate(value, false));
  if (!tokens.ok) return undefined;
  const literal = tokens.value
    .filter((token) => typeof token === "string")
    .join("")
    .trim();
  return literal === "" ? undefined : literal;
}

/** The content type of a body whose webhook sets none (docs/api.md, "Placeholders"), with the charset of an XML declaration. */
function contentTypeFor(kind: ContentKind, body: string): string {
  if (kind === "json") return "application/json";
  return kind === "xml" ? `text/xml; charset=${declaredCharset(body) ?? "utf-8"}` : "text/plain; charset=utf-8";
}
