/** What the demo's scenario is made of; its data is in `scenario-setup.ts` and `scenario-events.ts`. */

/** Names of the two clients' scopes; every other part of the scenario refers to them by client. */
export const SCOPES = {
  acme: { client: "acme", program: "rewards", environment: "uat" },
  globex: { client: "globex", program: "club", environment: "production" },
} as const;

export type ClientName = keyof typeof SCOPES;

/** A credential as it goes to the API. `path` follows the partner's address to make the URL. */
export interface DemoCredential {
  readonly client: ClientName;
  readonly path: string;
  readonly config: { readonly name: string } & Readonly<Record<string, unknown>>;
}

/** A webhook as it goes to the API; its credential by name. */
export interface DemoWebhook extends DemoCredential {
  readonly credential?: string;
}

/** An event; `attributes` is JSON text, so that numbers keep the digits they are written with. */
export interface DemoEvent {
  readonly client: ClientName;
  readonly id: string;
  readonly type: string;
  readonly attributes: string;
}

/** One delivery to the letter. */
export interface PromisedDelivery {
  readonly webhook: string;
  readonly event: string;
  readonly receiver: string;
  /** The request target. */
  readonly target: string;
  /** Headers that must be there, once each, with exactly these values; keys in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What the receiver answers, attempt by attempt. */
  readonly statuses: readonly number[];
}

/** The one token request that a credential needs. */
export interface PromisedTokenRequest {
  readonly endpoint: string;
  readonly method: string;
  readonly target: string;
  readonly contentType: string | undefined;
  readonly body: string;
}

/** The event as the CloudEvent that KLS puts on the topic, at `time` (RFC 3339). */
export function cloudEvent({ client, id, type, attributes }: DemoEvent, time: string): string {
  const { program, environment } = SCOPES[client];
  return [
    `{"specversion":"1.0","id":"${id}","source":"/kls/${client}/${program}","time":"${time}",`,
    `"type":"com.kognitiv.loyalty.${type}","datacontenttype":"application/json",`,
    `"data":{"program":"${program}","environment":"${environment}","attributes":${attributes}}}`,
  ].join("");
}
