/** The page of requests: what the partner received, newest first, and how it is set to behave. */
import type { RecordedRequest } from "../records.ts";
import { entryList } from "./entry.ts";
import { html } from "./html.ts";
import { settingsList } from "./settings-list.ts";
import type { PartnerSettings } from "./settings-list.ts";

export interface PageContent {
  readonly requests: readonly RecordedRequest[];
  readonly extent: { readonly count: number; readonly first: number; readonly last: number };
  readonly settings: PartnerSettings;
  /** Whether this is the newest part, which updates itself. */
  readonly newest: boolean;
}

/** The whole document. */
export function page({ requests, extent, settings, newest }: PageContent): string {
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
        <a class="skip" href="#requests">Skip to requests</a>
        <header>
          <span class="logo">KLS Webhooks <span class="dim">/ development partner</span></span>
          <span id="live" role="status"></span>
        </header>
        <main>
          <h1 id="headline">${headline(extent, requests)}</h1>
          <p class="sub">
            Every request to this third party, newest first, times in UTC. Programs get JSON at this address.
          </p>
          <section aria-labelledby="settings-title">
            <h2 id="settings-title">Settings</h2>
            <div id="settings">${settingsList(settings)}</div>
          </section>
          <section aria-labelledby="requests-title">
            <h2 id="requests-title">${newest ? "Requests" : "Older requests"}</h2>
            <ol id="requests" tabindex="-1" data-last="${extent.last}" data-follow="${newest ? "yes" : "no"}">
              ${entryList(requests)}
            </ol>
            <p id="empty" class="sub">Nothing received yet. <code>npm run publish</code> puts an event on the bus.</p>
            <nav aria-label="Pages">
              ${newest ? html`` : html`<a href="/">Newest</a>`}
              ${older > extent.first ? html`<a href="/?before=${older}">Older</a>` : html``}
            </nav>
          </section>
        </main>
      </body>
    </html> `.html;
}

/** What the page shows, in one line. */
export function headline(extent: PageContent["extent"], requests: readonly RecordedRequest[]): string {
  const count = extent.count === 1 ? "1 request" : `${String(extent.count)} requests`;
  const newest = requests[0];
  if (newest?.number !== extent.last) return `${count} received`;
  const { status, fault } = newest.answered;
  return `${count} received; the last one ${status === null ? `got no answer${fault === null ? "" : ` (${fault})`}` : `was answered ${String(status)}`}`;
}
