/** How the partner is set to behave, in words: receivers and token endpoints that do more than accept every request. */
import type { Fault, Receiver, TokenEndpoint } from "../settings.ts";
import { html } from "./html.ts";
import type { Html } from "./html.ts";

export interface PartnerSettings {
  readonly receivers: Readonly<Record<string, Receiver>>;
  readonly tokens: Readonly<Record<string, TokenEndpoint>>;
}

export function settingsList({ receivers, tokens }: PartnerSettings): Html {
  const lines = [
    ...Object.entries(receivers).map(([name, { faults, auth, answer }]) =>
      settingsLine(`/in/${name}`, [
        ...faults.map(faultWords),
        ...(auth === undefined ? [] : [`requires a token from ${auth.token}`]),
        ...(answer.status === 200 ? [] : [`answers ${String(answer.status)}`]),
      ]),
    ),
    ...Object.entries(tokens).map(([name, { faults }]) => settingsLine(`/oauth/token/${name}`, faults.map(faultWords))),
  ].filter((line) => line !== undefined);
  if (lines.length === 0) return html`<p class="sub">None: every request is accepted and answered 200.</p>`;
  return html`<ul class="settings">
    ${lines}
  </ul>`;
}

function settingsLine(path: string, what: readonly string[]): Html | undefined {
  return what.length === 0 ? undefined : html`<li><code>${path}</code> ${what.join("; ")}</li>`;
}

function faultWords(fault: Fault): string {
  const { times, perDelivery = false } = fault;
  if (times === undefined) return faultAction(fault);
  const requests = times === 1 ? "request" : `${String(times)} requests`;
  return `${faultAction(fault)} (${perDelivery ? `first ${requests} of each delivery` : `next ${requests}`})`;
}

function faultAction(fault: Fault): string {
  switch (fault.kind) {
    case "status":
      return `answers ${String(fault.status)}`;
    case "hang":
      return "never answers";
    case "drip":
      return `answers ${String(fault.status)}, a byte every ${String(fault.everyMs)} ms`;
    case "reset":
      return "resets the connection";
    case "throttle":
      return `answers 429 beyond ${String(fault.perSecond)} requests a second`;
    case "echo":
      return "echoes the request";
    case "huge":
      return `answers with ${String(fault.bytes)} bytes`;
    case "gzip-bomb":
      return `answers with gzip that unpacks to ${String(fault.bytes)} bytes`;
    case "raw":
      return `answers ${String(fault.pieces.join("").length)} raw bytes`;
    case "redirect":
      return `redirects to ${fault.location}`;
  }
}
