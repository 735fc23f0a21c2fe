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

/** Longest header value that is sent, in bytes: twice what can be configured; most servers take no more. */
export const MAX_HEADER_BYTES = 8_192;

/**
 * What was rendered is no request that can be sent. The message names field and place; it holds no value of the event, and of a secret header
 * nothing but line and column.
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
  /** Content type of ours, for a body whose webhook names none. */
  readonly ownContentType: string | undefined;
  /** Where `oauth.token` stands. */
  readonly tokenSlots: readonly Slot[];
}

/** A webhook's templates, ready to render many times. Cache it by webhook id and version. */
export interface CompiledWebhook {
  /** Faults that no event can mend: every render gives the first of them. For the preview's warnings. */
  readonly faults: readonly TemplateFault[];
  /** What it takes in memory at most, in bytes, roughly. */
  readonly bytes: number;
  /** Absent when there are faults. */
  readonly parts?: Parts;
}

/** A request as rendered, without the headers that each attempt adds (`webhook-id`, token, …). */
export interface RenderedRequest {
  /** Absolute https URL without a fragment, as the URL parser writes it. */
  readonly url: string;
  /** In the order configured; a content type of ours last when the webhook has none and the body is not empty. */
  readonly headers: readonly (readonly [key: string, value: string])[];
  readonly body: string;
  /** The body in the charset that it declares; absent when that is UTF-8. */
  readonly bytes?: Uint8Array;
  /** Value of the content type header that is sent; undefined when none is. */
  readonly contentType: string | undefined;
  /** The templates place the token themselves (`oauth.token`), so no header of its own is added. Absent when they do not. */
  readonly placesToken?: true;
}

export type Rendering =
  | {
      readonly ok: true;
      readonly request: RenderedRequest;
      /** Of the headers marked secret what must not be seen elsewhere either, and what filters made of the token. */
      readonly secrets: readonly Hidden[];
    }
  | { readonly ok: false; readonly fault: TemplateFault };

/** Compiles all templates of a webhook. Never throws: what is wrong stands in `faults`, in the order of the fields. */
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
 * Renders the request of one webhook for one event. Never throws; the same input gives the same request. What it may cost is bounded
 * (`MAX_RENDER_CHARACTERS`); beyond it there is a fault that says so.
 * @param work counts what it cost
 * @param token for templates that place it ({@link RenderedRequest.placesToken}); without it a word stands there, and what is wrong otherwise shows
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
  // What is wrong with a charset names it.
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

/** What filters made of the token, to be masked: the token itself is masked anyway. Counts and the like are not worth it. */
function tokenTexts(slots: readonly Slot[], token: string): readonly string[] {
  // A budget of its own holds it, since it is less than what was rendered within one.
  const work = new RenderWork();
  const texts = slots.map((slot) => slot.tokenText?.(token, work) ?? "");
  return [...new Set(texts)].filter((text) => text !== token && text.length >= LEAST_OF_TOKEN);
}

/** Characters from which on a piece of a token is worth masking wherever it stands. */
const LEAST_OF_TOKEN = 6;

const NO_HEADER_NAME = "it is no header name; use letters, digits and hyphens";
const NOT_FOR_A_HEADER = "it holds a character that no header can carry; write it percent-encoded";
/** What the largest take, measured: a placeholder with ten filters, and a character of a date's format. */
const BYTES_PER_PLACEHOLDER = 4_096;
const BYTES_PER_CHARACTER = 12;

function charactersOf({ url, headers, body }: WebhookTemplates): number {
  return headers.reduce((sum, { value }) => sum + value.reveal().length, url.length + body.length);
}

function tooManyCharacters(): TemplateLimit {
  return new TemplateLimit(
    `URL, header values and body have more than ${String(MAX_TEMPLATE_CHARACTERS)} characters together; make them shorter`,
  );
}

function failed(field: string, problem: TemplateProblem, secret = false): Rendering {
  return { ok: false, fault: faultOf(field, problem, secret) };
}

/** The only place where a problem becomes a text that people read. */
function faultOf(field: string, problem: TemplateProblem, secret = false): TemplateFault {
  const said = secret ? problem.describeSecret() : problem.describe();
  return { kind: "template", field, message: `${field}: ${said}.` };
}

function isContentType({ key }: Pick<WebhookHeader, "key">): boolean {
  return key.toLowerCase() === "content-type";
}

/** The configured content type's literal part: placeholders in it are seen as nothing. Undefined when none is left, or when it is no template. */
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

/** The content type of a body whose webhook names none (docs/api.md, "Placeholders"), in the charset that an XML declaration asks for. */
function contentTypeFor(kind: ContentKind, body: string): string {
  if (kind === "json") return "application/json";
  return kind === "xml" ? `text/xml; charset=${declaredCharset(body) ?? "utf-8"}` : "text/plain; charset=utf-8";
}
