import type { Fault } from "./delivery.ts";
import { fitsHeader } from "./escape.ts";
import type { KlsEvent } from "./event.ts";
import { contentKind, isHeaderName, type ContentKind } from "./header-rules.ts";
import { compileUrl, renderUrl, type UrlTemplate } from "./render-url.ts";
import { compileTemplate, renderTemplate, type Outcome, type Template } from "./template.ts";
import type { WebhookConfig, WebhookHeader } from "./webhook.ts";

/** What was rendered is no request that can be sent. The message names field and place; it holds no value of the event. */
export interface TemplateFault extends Fault {
  readonly kind: "template";
  /** `url`, `headers/1/key`, `headers/1/value` or `body`. */
  readonly field: string;
}

/** What rendering needs of a webhook; a stored webhook or an unsaved one. */
export type WebhookTemplates = Pick<WebhookConfig, "url" | "headers" | "body" | "attributes">;

interface CompiledHeader {
  readonly key: string;
  readonly field: string;
  readonly secret: boolean;
  readonly value: Template;
}

interface Parts {
  readonly url: UrlTemplate;
  readonly headers: readonly CompiledHeader[];
  readonly body: Template;
  /** Content type of ours, for a body whose webhook names none. */
  readonly ownContentType: string | undefined;
}

/** A webhook's templates, ready to render many times. Cache it by webhook id and version. */
export interface CompiledWebhook {
  /** Faults that no event can mend: every render gives the first of them. For the preview's warnings. */
  readonly faults: readonly TemplateFault[];
  /** Absent when there are faults. */
  readonly parts?: Parts;
}

/** A request as rendered, without the headers that each attempt adds (`webhook-id`, token, …). */
export interface RenderedRequest {
  /** Absolute https URL without a fragment, as the URL parser writes it. */
  readonly url: string;
  /** In the order configured; a content type of ours last when the webhook has none and the body is not empty. */
  readonly headers: readonly (readonly [key: string, value: string])[];
  /** To be sent as UTF-8. */
  readonly body: string;
  /** Value of the content type header that is sent; undefined when none is. */
  readonly contentType: string | undefined;
}

export type Rendering =
  | {
      readonly ok: true;
      readonly request: RenderedRequest;
      /** Rendered values of the headers marked secret, for masking. */
      readonly secretValues: readonly string[];
    }
  | { readonly ok: false; readonly fault: TemplateFault };

/** Content types that are sent for a body whose webhook names none (contract, "Webhook"). */
const CONTENT_TYPES: Readonly<Record<Exclude<ContentKind, "form">, string>> = {
  json: "application/json",
  xml: "text/xml; charset=utf-8",
  text: "text/plain; charset=utf-8",
};

/** Compiles all templates of a webhook. Never throws: what is wrong stands in `faults`, in the order of the fields. */
export function compileWebhook(webhook: WebhookTemplates): CompiledWebhook {
  const faults: TemplateFault[] = [];
  const keep = <T>(field: string, compiled: Outcome<T>): T | undefined => {
    if (compiled.ok) return compiled.value;
    faults.push(faultOf(field, compiled.problem));
    return undefined;
  };
  const { attributes } = webhook;
  const type = contentTypeOf(webhook.headers);
  const kind = type === undefined ? sniff(webhook.body) : contentKind(type);
  const url = keep("url", compileUrl(webhook.url, attributes));
  const headers = webhook.headers.map((header, index) => {
    const field = `headers/${String(index)}`;
    if (!isHeaderName(header.key))
      keep(`${field}/key`, { ok: false, problem: "it is no header name; use letters, digits and hyphens" });
    const value = keep(`${field}/value`, compileTemplate(header.value.reveal(), "header", attributes));
    return { key: header.key, field: `${field}/value`, secret: header.secret, value: value ?? { pieces: [] } };
  });
  const body = keep("body", compileTemplate(webhook.body, kind, attributes));
  if (faults.length > 0 || url === undefined || body === undefined) return { faults };
  const named = webhook.headers.some(isContentType);
  const ownContentType = named || webhook.body === "" || kind === "form" ? undefined : CONTENT_TYPES[kind];
  return { faults, parts: { url, headers, body, ownContentType } };
}

/** Renders the request of one webhook for one event. Never throws; the same input gives the same request. */
export function renderRequest(compiled: CompiledWebhook, event: KlsEvent): Rendering {
  const { parts } = compiled;
  if (parts === undefined) {
    return { ok: false, fault: compiled.faults[0] ?? faultOf("url", "the webhook's templates were not compiled") };
  }
  const url = renderUrl(parts.url, event);
  if (!url.ok) return failed("url", url.problem);
  const headers: (readonly [string, string])[] = [];
  const secretValues: string[] = [];
  let contentType = parts.ownContentType;
  for (const { key, field, secret, value } of parts.headers) {
    const rendered = renderTemplate(value, event);
    if (!rendered.ok) return failed(field, rendered.problem);
    const text = rendered.value;
    if (!fitsHeader(text))
      return failed(field, "it holds a character that no header can carry; write it percent-encoded");
    headers.push([key, text]);
    if (secret && text !== "") secretValues.push(text);
    if (isContentType({ key })) contentType = text;
  }
  if (parts.ownContentType !== undefined) headers.push(["content-type", parts.ownContentType]);
  const body = renderTemplate(parts.body, event);
  if (!body.ok) return failed("body", body.problem);
  return { ok: true, request: { url: url.value, headers, body: body.value, contentType }, secretValues };
}

function failed(field: string, problem: string): Rendering {
  return { ok: false, fault: faultOf(field, problem) };
}

function faultOf(field: string, problem: string): TemplateFault {
  return { kind: "template", field, message: `${field}: ${problem}.` };
}

function isContentType({ key }: Pick<WebhookHeader, "key">): boolean {
  return key.toLowerCase() === "content-type";
}

/** The configured content type's literal part: placeholders in it are seen as nothing. Undefined when none is left. */
function contentTypeOf(headers: readonly WebhookHeader[]): string | undefined {
  const value = headers.find(isContentType)?.value.reveal();
  const literal = value?.replace(/\{\{.*?\}\}/gs, "").trim();
  return literal === "" ? undefined : literal;
}

/** The kind of a body from its first character that is not white space. Braces of a placeholder are no JSON. */
function sniff(body: string): Exclude<ContentKind, "form"> {
  const text = body.trimStart();
  if (text.startsWith("<")) return "xml";
  return (text.startsWith("{") && !/^\{\{(?!\{)/.test(text)) || text.startsWith("[") ? "json" : "text";
}
