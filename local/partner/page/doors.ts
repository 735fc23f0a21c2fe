/** What a browser gets from the control port; JSON of programs is in `control-api.ts`. */
import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Records } from "../records.ts";
import type { State } from "../state.ts";
import { entryList } from "./entry.ts";
import { headline, page } from "./render.ts";
import { settingsList } from "./settings-list.ts";

export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export interface PageCall {
  readonly method: string;
  readonly pathname: string;
  readonly query: URLSearchParams;
  readonly accept: string;
}

/** Requests on a page, and in one answer with new ones. */
const PAGE = 50;

/** Only this server's own style and script: what was received is shown, never run, even if the escaping had a hole. */
const GUARDED = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
  vary: "accept",
} as const;

const FILES: Readonly<Record<string, string>> = { "/page.css": "text/css", "/page.js": "text/javascript" };

/** Undefined when the call is not one of the page's. */
export function pageAnswer(call: PageCall, state: State, records: Records): PageAnswer | undefined {
  const { method, pathname, query } = call;
  if (method !== "GET") return undefined;
  if (pathname === "/" && wantsHtml(call.accept)) {
    const before = wholeNumber(query.get("before"));
    const requests = records.newest(PAGE, before);
    const content = { requests, extent: records.extent(), settings: state.all(), newest: before === undefined };
    return answer("text/html", page(content));
  }
  const file = FILES[pathname];
  if (file !== undefined) return answer(file, readFileSync(join(import.meta.dirname, pathname), "utf8"));
  if (pathname === "/changes") return answer("application/json", JSON.stringify(changes(query, state, records)));
  const number = wholeNumber(/^\/requests\/(\d+)\/body$/.exec(pathname)?.[1]);
  return number === undefined ? undefined : bodyOf(number, records);
}

/** What came after a number, for the page's script. `restarted`: numbers began again, so the page must be reloaded. */
function changes(query: URLSearchParams, state: State, records: Records): object {
  const after = wholeNumber(query.get("after")) ?? 0;
  const extent = records.extent();
  const requests = records.next(PAGE, after);
  return {
    restarted: extent.last > 0 && extent.last < after,
    first: extent.first,
    last: requests[0]?.number ?? after,
    more: (requests[0]?.number ?? extent.last) < extent.last,
    headline: headline(extent, requests.length > 0 ? requests : records.newest(1)),
    settings: settingsList(state.all()).html,
    entries: entryList(requests).html,
  };
}

/** The raw bytes of a body, which a browser shows as text or saves, and never interprets. */
function bodyOf(number: number, records: Records): PageAnswer | undefined {
  const [request] = records.newest(1, number + 1);
  if (request?.number !== number) return undefined;
  const bytes = Buffer.from(request.body.base64, "base64");
  const sandboxed = { ...GUARDED, "content-security-policy": "default-src 'none'; sandbox" };
  const kind = isUtf8(bytes)
    ? { "content-type": "text/plain; charset=utf-8" }
    : {
        "content-type": "application/octet-stream",
        "content-disposition": `attachment; filename="request-${String(number)}.bin"`,
      };
  return { status: 200, headers: { ...sandboxed, ...kind }, body: bytes };
}

function answer(type: string, body: string): PageAnswer {
  return { status: 200, headers: { ...GUARDED, "content-type": `${type}; charset=utf-8` }, body };
}

/** Browsers ask for HTML; `fetch` and curl accept anything and get JSON. */
function wantsHtml(accept: string): boolean {
  const range = accept.split(",").find((part) => part.trim().toLowerCase().startsWith("text/html"));
  return range !== undefined && !/;\s*q=0(?:\.0*)?\s*$/.test(range);
}

function wholeNumber(text: string | null | undefined): number | undefined {
  return typeof text === "string" && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
