/** The shape of the demo's scenario; its data is in `scenario-setup.ts`, `scenario-partner.ts` and `scenario-events.ts`. */

/** The scopes of the two clients; the rest of the scenario refers to them by client. */
export const SCOPES = {
  acme: { client: "acme", program: "rewards", environment: "uat" },
  globex: { client: "globex", program: "club", environment: "production" },
} as const;

export type ClientName = keyof typeof SCOPES;

/** A credential for the API. Its URL is the address of the partner plus `path`. */
export interface DemoCredential {
  readonly client: ClientName;
  readonly path: string;
  readonly config: { readonly name: string } & Readonly<Record<string, unknown>>;
}

/** A webhook for the API, with its credential by name. */
export interface DemoWebhook extends DemoCredential {
  readonly credential?: string;
}

/** An event; `attributes` is JSON text, so that numbers keep their digits. */
export interface DemoEvent {
  readonly client: ClientName;
  readonly id: string;
  readonly type: string;
  readonly attributes: string;
}

/** One delivery, byte for byte. */
export interface PromisedDelivery {
  readonly webhook: string;
  readonly event: string;
  readonly receiver: string;
  /** The request target. */
  readonly target: string;
  /** Headers that must be present exactly once, with these values; keys in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The answers of the receiver, attempt by attempt. */
  readonly statuses: readonly number[];
}

/** The only token request for a credential. */
export interface PromisedTokenRequest {
  readonly endpoint: string;
  readonly method: string;
  readonly target: string;
  readonly contentType: string | undefined;
  readonly body: string;
}

/** The CloudEvent that KLS publishes for an event, at `time` (RFC 3339). */
export function cloudEvent({ client, id, type, attributes }: DemoEvent, time: string): string {
  const { program, environment } = SCOPES[client];
  return [
    `{"specversion":"1.0","id":"${id}","source":"/kls/${client}/${program}","time":"${time}",`,
    `"type":"com.kognitiv.loyalty.${type}","datacontenttype":"application/json",`,
    `"data":{"program":"${program}","environment":"${environment}","attributes":${attributes}}}`,
  ].join("");
}
