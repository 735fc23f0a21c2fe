/** The page of requests: what the partner received, newest first, and what it was told to do. */
import { headerOf } from "../records.ts";
import type { RecordedRequest } from "../records.ts";
import type { Fault, Receiver, TokenEndpoint } from "../settings.ts";
import { html } from "./html.ts";
import type { Html } from "./html.ts";
import { prettyBody } from "./pretty.ts";

export interface PageContent {
  readonly requests: readonly RecordedRequest[];
  readonly extent: { readonly count: number; readonly first: number; readonly last: number };
  readonly told: Told;
  /** Whether this is the newest part, which goes on by itself. */
  readonly newest: boolean;
}

export interface Told {
  readonly receivers: Readonly<Record<string, Receiver>>;
  readonly tokens: Readonly<Record<string, TokenEndpoint>>;
}

/** The whole document. */
export function page({ requests, extent, told, newest }: PageContent): string {
  const older = requests.at(-1)?.number ?? 0;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Partner: requests received</title>
        <link rel="stylesheet" href="/page.css" />
        <script type="module" src="/page.js"></script>
      </head>
      <body>
        <a class="skip" href="#requests">To the requests</a>
        <header>
          <span class="logo">KLS Webhooks <span class="dim">/ development partner</span></span>
          <span id="live" role="status"></span>
        </header>
        <main>
          <h1 id="headline">${headline(extent, requests)}</h1>
          <p class="sub">
            Every request to this third party, newest first, times in UTC. Programs that ask at this address get JSON.
          </p>
          <section aria-labelledby="told-title">
            <h2 id="told-title">What it was told</h2>
            <div id="told">${toldList(told)}</div>
          </section>
          <section aria-labelledby="requests-title">
            <h2 id="requests-title">${newest ? "Requests" : "Older requests"}</h2>
            <ol id="requests" tabindex="-1" data-last="${extent.last}" data-follow="${newest ? "yes" : "no"}">
              ${entries(requests)}
            </ol>
            <p id="empty" class="sub">
              Nothing was received yet. <code>npm run publish</code> puts an event on the bus.
            </p>
            <nav aria-label="Pages">
              ${newest ? html`` : html`<a href="/">Newest</a>`}
              ${older > extent.first ? html`<a href="/?before=${older}">Older</a>` : html``}
            </nav>
          </section>
        </main>
      </body>
    </html> `.html;
}

/** The finding in one line. */
export function headline(extent: PageContent["extent"], requests: readonly RecordedRequest[]): string {
  const count = extent.count === 1 ? "1 request" : `${String(extent.count)} requests`;
  const newest = requests[0];
  if (newest?.number !== extent.last) return `${count} received`;
  const { status, fault } = newest.answered;
  return `${count} received; the last one ${status === null ? `got no answer${fault === null ? "" : ` (${fault})`}` : `was answered ${String(status)}`}`;
}

export function entries(requests: readonly RecordedRequest[]): Html {
  return html`${requests.map(entry)}`;
}

/** Receivers and token endpoints that do anything but take every request. */
export function toldList({ receivers, tokens }: Told): Html {
  const lines = [
    ...Object.entries(receivers).map(([name, { faults, auth, answer }]) =>
      toldLine(`/in/${name}`, [
        ...faults.map(faultWords),
        ...(auth === undefined ? [] : [`wants a token of ${auth.token}`]),
        ...(answer.status === 200 ? [] : [`answers ${String(answer.status)}`]),
      ]),
    ),
    ...Object.entries(tokens).map(([name, { faults }]) => toldLine(`/oauth/token/${name}`, faults.map(faultWords))),
  ].filter((line) => line !== undefined);
  if (lines.length === 0) return html`<p class="sub">Nothing: it takes every request and answers 200.</p>`;
  return html`<ul class="told">
    ${lines}
  </ul>`;
}

function toldLine(path: string, what: readonly string[]): Html | undefined {
  return what.length === 0 ? undefined : html`<li><code>${path}</code> ${what.join("; ")}</li>`;
}

function faultWords(fault: Fault): string {
  const { times, perDelivery = false } = fault;
  if (times === undefined) return faultDeed(fault);
  const requests = times === 1 ? "request" : `${String(times)} requests`;
  return `${faultDeed(fault)} (${perDelivery ? `first ${requests} of each delivery` : `next ${requests}`})`;
}

function faultDeed(fault: Fault): string {
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
      return `answers 429 to more than ${String(fault.perSecond)} a second`;
    case "echo":
      return "answers with the request";
    case "huge":
      return `answers ${String(fault.bytes)} bytes`;
    case "gzip-bomb":
      return `answers gzip that unpacks to ${String(fault.bytes)} bytes`;
    case "raw":
      return `answers bytes of its own, ${String(fault.pieces.join("").length)} of them`;
    case "redirect":
      return `redirects to ${fault.location}`;
  }
}

function entry(request: RecordedRequest): Html {
  const { number, at, method, url } = request;
  const attempt = headerOf(request, "webhook-attempt");
  return html`<li data-number="${number}">
    <details>
      <summary>
        <time datetime="${at}" title="${at}">${at.slice(11, 23)}</time>
        <span class="line"><b>${method}</b> <code>${url.slice(0, 300)}</code></span>
        <span class="meta"
          >${request.kind === "token" ? "token request" : attempt === undefined ? "" : `attempt ${attempt}`}</span
        >
        ${answerBadge(request)}
      </summary>
      ${inside(request)}
    </details>
  </li>`;
}

function inside(request: RecordedRequest): Html {
  const bytes = Buffer.from(request.body.base64, "base64");
  const type = headerOf(request, "content-type");
  const { text, note } = prettyBody(bytes, type);
  const id = headerOf(request, "webhook-id");
  return html`<div class="inside">
    <dl>
      <dt>Address</dt>
      <dd><code>${request.url}</code></dd>
      ${
        id === undefined
          ? html``
          : html`<dt>webhook-id</dt>
              <dd><code>${id}</code></dd>`
      }
      <dt>Received</dt>
      <dd>${request.at}, number ${request.number}${request.tls ? "" : ", without TLS"}</dd>
      <dt>Answered</dt>
      <dd>${answerWords(request)}</dd>
    </dl>
    <h3>Headers</h3>
    <table>
      <tbody>
        ${request.headers.map(
          ([key, value]) =>
            html`<tr>
              <th scope="row">${key}</th>
              <td>${value}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    <h3>
      Body
      <span class="dim"
        >${[`${String(bytes.length)} bytes`, type ?? "no content type", note].filter(Boolean).join(", ")}</span
      >
      ${bytes.length === 0 ? html`` : html`<a href="/requests/${request.number}/body" target="_blank" rel="noreferrer">as it came</a>`}
    </h3>
    ${bytes.length === 0 ? html`` : html`<pre tabindex="0" aria-label="Body of request ${request.number}">${text}</pre>`}
  </div>`;
}

function answerBadge({ answered: { status, fault }, complete }: RecordedRequest): Html {
  if (!complete) return html`<span class="st bad">✗ incomplete</span>`;
  if (status === null) return html`<span class="st bad">✗ ${fault ?? "no answer"}</span>`;
  return status < 300 ? html`<span class="st ok">✓ ${status}</span>` : html`<span class="st bad">✗ ${status}</span>`;
}

function answerWords({ answered: { status, fault, why }, complete }: RecordedRequest): string {
  return [
    status === null ? "nothing" : String(status),
    ...(fault === null ? [] : [`as it was told (${fault})`]),
    ...(complete ? [] : ["the body did not come whole"]),
    ...(why === null ? [] : [why]),
  ].join("; ");
}
