import type { Secret } from "../secret.ts";

/** One header or body pair of a token request. All values are sealed at rest. */
export interface CredentialPair {
  readonly key: string;
  readonly value: Secret;
  readonly secret: boolean;
}

/** A configured token request (rule C2) and where the token goes (rule C3). */
export interface CredentialConfig {
  readonly name: string;
  readonly description: string;
  readonly method: "POST" | "GET";
  readonly url: string;
  readonly contentType: "application/x-www-form-urlencoded" | "application/json";
  readonly headers: readonly CredentialPair[];
  /** With GET these join the query. */
  readonly body: readonly CredentialPair[];
  /** Dotted paths into the JSON answer. */
  readonly token: { readonly path: string; readonly expiresInPath: string; readonly typePath: string };
  readonly placement: { readonly header: string; readonly prefix: string };
}

/** A stored credential. */
export interface Credential extends CredentialConfig {
  readonly id: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Changes with every write: the ETag of the row. Tokens are cached under it. */
  readonly version: string;
}
