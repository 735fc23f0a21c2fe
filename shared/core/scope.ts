/**
 * Scope: client + program + environment, each of the form {@link ID_PATTERN}. It is in every path and in the keys of every row;
 * nothing is read without one.
 */
export interface Scope {
  readonly client: string;
  readonly program: string;
  readonly environment: string;
}

/**
 * The one form of client, program and environment ids. Hyphens stand alone and not at the end: in the name of a client's setting they become
 * `_`, and .NET reads `__` as the separator of a section, so that the host would look for the bus of `a--b` or `a-` elsewhere.
 */
export const ID_PATTERN = /^(?=.{2,16}$)[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/** {@link ID_PATTERN} in words. */
export const ID_RULE = "a letter, then 1 to 15 of a-z, 0-9 and hyphen, no two hyphens in a row and none at the end";

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
