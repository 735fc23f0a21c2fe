import type { ServerResponse } from "node:http";
import type { HttpCookie, TypedData } from "../worker/core-types.ts";

/** Statuses whose responses have no body (RFC 9110, section 6.4.1). */
const WITHOUT_BODY = new Set([204, 205, 304]);

/** Writes what a function returned: 204 for nothing, 500 for an invalid status. */
export function writeResponse(response: ServerResponse, value: TypedData | null | undefined, head: boolean): void {
  const http = value?.http;
  if (!http) {
    response.writeHead(204).end();
    return;
  }
  const status = Number(http.statusCode ?? "200");
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    response.writeHead(500, { "content-length": "0" }).end();
    return;
  }
  for (const [name, text] of Object.entries(http.headers ?? {})) {
    // The host does the framing itself.
    if (!["content-length", "transfer-encoding"].includes(name.toLowerCase())) response.setHeader(name, text);
  }
  const cookies = http.cookies ?? [];
  if (cookies.length > 0) response.appendHeader("set-cookie", cookies.map(cookieText));
  const body = bodyBytes(http.body);
  if (!WITHOUT_BODY.has(status)) response.setHeader("content-length", body.length);
  response.writeHead(status).end(head || WITHOUT_BODY.has(status) ? undefined : body);
}

function bodyBytes(body: TypedData | null | undefined): Uint8Array {
  if (body?.bytes !== undefined) return body.bytes;
  return Buffer.from(body?.string ?? body?.json ?? "");
}

/** One `Set-Cookie` value (RFC 6265, section 4.1). */
function cookieText(cookie: HttpCookie): string {
  const parts = [`${cookie.name ?? ""}=${encodeURIComponent(cookie.value ?? "")}`];
  const expires = cookie.expires?.value;
  if (expires !== undefined) {
    const at = expires instanceof Date ? expires : new Date(expires.seconds * 1000);
    parts.push(`expires=${at.toUTCString()}`);
  }
  if (cookie.maxAge) parts.push(`max-age=${String(cookie.maxAge.value)}`);
  if (cookie.domain) parts.push(`domain=${cookie.domain.value}`);
  parts.push(`path=${cookie.path?.value ?? "/"}`);
  return [...parts, ...cookieFlags(cookie)].join("; ");
}

function cookieFlags(cookie: HttpCookie): readonly string[] {
  const sameSite = { lax: "samesite=lax", strict: "samesite=strict", explicitNone: "samesite=none" };
  const flags = [
    cookie.secure?.value === true ? "secure" : "",
    Object.entries(sameSite).find(([name]) => name === cookie.sameSite)?.[1] ?? "",
    cookie.httpOnly?.value === true ? "httponly" : "",
  ];
  return flags.filter((flag) => flag !== "");
}
