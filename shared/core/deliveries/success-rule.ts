/** What counts as delivered beside a 2xx: for example 409 of a receiver that says "already processed". */
export interface SuccessRule {
  /** From 400 to 599, at most {@link MOST_STATUSES}. */
  readonly alsoStatuses: readonly number[];
}

/** Most statuses that a rule names. */
export const MOST_STATUSES = 10;

/** Whether an answer with this status means that the request was taken. */
export function isSuccess(status: number, { alsoStatuses }: SuccessRule): boolean {
  return (status >= 200 && status < 300) || alsoStatuses.includes(status);
}

/** Why a status cannot be named in a rule; undefined when it can. */
export function whyNotNameable(status: number): string | undefined {
  if (status >= 200 && status < 300) return "2xx counts as delivered already.";
  if (status >= 300 && status < 400) return "A redirect is not followed, so nothing was delivered by it.";
  return status >= 400 && status < 600 ? undefined : "A status from 400 to 599.";
}
