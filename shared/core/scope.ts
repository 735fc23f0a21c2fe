/**
 * Scope: client + program + environment, each of the form {@link ID_PATTERN}. It is in every path and every partition key;
 * nothing is read without one.
 */
export interface Scope {
  readonly client: string;
  readonly program: string;
  readonly environment: string;
}

/** The one form of client, program and environment ids: a letter, then 1 to 15 of a-z, 0-9 and hyphen. */
export const ID_PATTERN = /^[a-z][a-z0-9-]{1,15}$/;

/** Whether `text` may stand as client, program or environment id. */
export function isScopeId(text: string): boolean {
  return ID_PATTERN.test(text);
}

/** `acme|rewards|uat`: the scope as one text, for keys. The bar cannot occur in an id. */
export function scopeKey(scope: Scope): string {
  return `${scope.client}|${scope.program}|${scope.environment}`;
}

/** Setting prefix of a client's bus: `acme-eu` → `SB_ACME_EU`. Azure's trigger connection names start with it. */
export function busSetting(client: string): string {
  return `SB_${client.toUpperCase().replaceAll("-", "_")}`;
}

/** Name of the function that delivers one client's events: `deliver-acme`. */
export function deliverFunctionName(client: string): string {
  return `deliver-${client}`;
}
