import type { UrlTemplate } from "../requests/render-url.ts";
import { compileUrl } from "../requests/render-url.ts";
import { fillersOf, type Fillers } from "../templates/template.ts";
import { CompileWork } from "../templates/work.ts";
import type { WebhookConfig } from "./webhook.ts";

/** What decides where a webhook's requests go. */
export type DestinationTemplates = Pick<WebhookConfig, "url" | "attributes">;

/**
 * Whether two webhooks send every event to the same host and port, so that secrets of one may go where the other leads. The code that sends decides:
 * a host without placeholders is compared as the URL parser writes it; one with placeholders by its text and by what stands for missing values. Where
 * no host can be read, so that nothing could be sent either, only the same URL is the same destination.
 */
export function sameDestination(one: DestinationTemplates, other: DestinationTemplates): boolean {
  return destinationOf(one) === destinationOf(other);
}

/** A text that two webhooks share if, and only if, they send to the same place. */
function destinationOf({ url, attributes }: DestinationTemplates): string {
  const fillers = fillersOf(attributes);
  const compiled = compileUrl(url, fillers, new CompileWork());
  if (!compiled.ok) return JSON.stringify(["unknown", url]);
  const { host } = compiled.value;
  return JSON.stringify(host === undefined ? ["template", ...templateHost(compiled.value, fillers)] : ["host", host]);
}

/** The host's text with its placeholders, up to the literal that ends it, and what the attributes put in for missing values. */
function templateHost({ template }: UrlTemplate, fillers: Fillers): unknown[] {
  const parts: unknown[] = [];
  for (const [index, piece] of template.pieces.entries()) {
    if (typeof piece !== "string") {
      const { steps, name, filters } = piece.token;
      const attribute = fillers.get(name);
      parts.push([steps, filters, attribute?.ifMissing, attribute?.fallback]);
      continue;
    }
    const literal = (index === 0 ? piece.replace(/^https:[/\\]*/i, "") : piece).toLowerCase();
    const end = literal.search(/[/\\?#]/);
    parts.push(end === -1 ? literal : literal.slice(0, end));
    if (end !== -1) break;
  }
  return parts;
}
