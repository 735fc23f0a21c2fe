/** Every difference between what was promised and what was received and shown. Pure. */
import type { RecordedRequest } from "../partner/records.ts";
import type { ShownDelivery } from "./api.ts";
import type { PromisedDelivery, PromisedTokenRequest } from "./scenario.ts";

/** One difference; `expected` and `found` may have many lines. */
export interface Difference {
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

/** A delivery from both sides: what the third party received with one `webhook-id`, and what the API shows. */
export interface Seen {
  readonly requests: readonly RecordedRequest[];
  readonly shown: ShownDelivery | undefined;
}

/** @param partner base URL of the third party. @param secrets that the API's answer must not contain. */
export function compareDelivery(
  promised: PromisedDelivery,
  { requests, shown }: Seen,
  partner: string,
  secrets: readonly string[],
): Difference[] {
  const count = promised.statuses.length;
  return [
    ...differs("number of requests received", String(count), String(requests.length)),
    ...requests.flatMap((request, index) => compareRequest(promised, request, index + 1, shown?.id ?? "(none)")),
    ...compareShown(promised, shown, partner),
    ...secrets
      .filter((secret) => shown?.text.includes(secret))
      .flatMap((secret) => differs("secret in the API's answer", "", secret)),
  ];
}

export function compareTokenRequests(
  promised: PromisedTokenRequest,
  requests: readonly RecordedRequest[],
): Difference[] {
  const first = requests[0];
  return [
    ...differs("number of token requests", "1", String(requests.length)),
    ...differs(
      "token request",
      `${promised.method} ${promised.target}`,
      first === undefined ? "" : `${first.method} ${first.url}`,
    ),
    ...differs(
      "token request, content type",
      promised.contentType ?? "",
      first === undefined ? "" : valuesOf(first, "content-type"),
    ),
    ...differs("token request, body", promised.body, first?.body.text ?? ""),
    ...differs("token request, answer", "200", String(first?.answered.status)),
  ];
}

function compareRequest(
  promised: PromisedDelivery,
  request: RecordedRequest,
  attempt: number,
  id: string,
): Difference[] {
  const label = `request ${String(attempt)}`;
  const headers = { ...promised.headers, "webhook-id": id, "webhook-attempt": String(attempt) };
  const bytes = Buffer.from(promised.body, "utf8");
  return [
    ...differs(`${label}, request line`, `POST ${promised.target}`, `${request.method} ${request.url}`),
    ...Object.entries(headers).flatMap(([key, value]) =>
      differs(`${label}, header ${key}`, value, valuesOf(request, key)),
    ),
    ...differs(`${label}, header content-length`, String(bytes.length), valuesOf(request, "content-length")),
    ...unlike(`${label}, header webhook-timestamp`, /^\d{10}$/, valuesOf(request, "webhook-timestamp")),
    ...unlike(`${label}, header user-agent`, /^KLS-Webhooks\/\S+$/, valuesOf(request, "user-agent")),
    ...differs(`${label}, body`, promised.body, request.body.text),
    // The text hides bytes that are not UTF-8.
    ...differs(`${label}, bytes of the body`, bytes.toString("base64"), request.body.base64),
    ...differs(`${label}, over TLS`, "true", String(request.tls)),
    ...differs(`${label}, answer`, String(promised.statuses[attempt - 1]), String(request.answered.status)),
  ];
}

function compareShown(promised: PromisedDelivery, shown: ShownDelivery | undefined, partner: string): Difference[] {
  if (shown === undefined) return differs("delivery in the API", "one", "none");
  const last = promised.statuses.length;
  return [
    ...differs("state in the API", "delivered", shown.state),
    ...differs("event in the API", promised.event, shown.eventId),
    ...differs(
      "attempts in the API",
      numbered(promised.statuses),
      numbered(shown.attempts.map(({ response }) => response?.status)),
    ),
    ...shown.attempts.flatMap(({ number, outcome, request }) => [
      ...differs(`attempt ${String(number)} in the API, outcome`, number === last ? "delivered" : "failed", outcome),
      ...differs(
        `attempt ${String(number)} in the API, request`,
        `POST ${partner}${promised.target}\n${promised.body}`,
        request === null || request === undefined ? "" : `${request.method} ${request.url}\n${request.body}`,
      ),
    ]),
  ];
}

function numbered(statuses: readonly (number | undefined)[]): string {
  return statuses.map((status, index) => `${String(index + 1)}: ${String(status)}`).join(", ");
}

function differs(what: string, expected: string, found: string): Difference[] {
  return expected === found ? [] : [{ what, expected, found }];
}

function unlike(what: string, pattern: RegExp, found: string): Difference[] {
  return pattern.test(found) ? [] : [{ what, expected: String(pattern), found }];
}

/** All values of a header, so that a duplicate shows. */
function valuesOf({ headers }: RecordedRequest, key: string): string {
  return headers
    .filter(([name]) => name.toLowerCase() === key)
    .map(([, value]) => value)
    .join(" AND ");
}
