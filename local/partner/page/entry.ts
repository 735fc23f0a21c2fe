/** One request of the page: a line with its answer, and behind it everything that was sent. */
import { headerOf } from "../records.ts";
import type { RecordedRequest } from "../records.ts";
import { html } from "./html.ts";
import type { Html } from "./html.ts";
import { prettyBody } from "./pretty.ts";

export function entryList(requests: readonly RecordedRequest[]): Html {
  return html`${requests.map(entry)}`;
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
      <dt>Target</dt>
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
      ${bytes.length === 0 ? html`` : html`<a href="/requests/${request.number}/body" target="_blank" rel="noreferrer">raw</a>`}
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
    ...(fault === null ? [] : [`as configured (${fault})`]),
    ...(complete ? [] : ["the body was incomplete"]),
    ...(why === null ? [] : [why]),
  ].join("; ");
}
