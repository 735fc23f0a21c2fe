/** Every limit that a caller can meet, with its unit in its name. Characters are Unicode code points unless a comment says otherwise. */

/** Largest request body: eight times the largest webhook body, since JSON may write one byte as six (`\u0001`). */
export const MAX_REQUEST_BYTES = 512 * 1024;

/** Items of a page: `limit` in the query. */
export const MAX_PAGE_ITEMS = 100;
export const DEFAULT_PAGE_ITEMS = 50;

export const MAX_NAME_CHARACTERS = 120;
export const MAX_DESCRIPTION_CHARACTERS = 1_000;
export const MAX_URL_CHARACTERS = 4_096;
/** In UTF-8 (rule W9). */
export const MAX_BODY_BYTES = 65_536;

/** Headers of a webhook, or headers or body pairs of a credential, after empty ones are dropped. */
export const MAX_PAIRS = 50;
export const MAX_HEADER_KEY_CHARACTERS = 256;
export const MAX_HEADER_VALUE_CHARACTERS = 4_096;
/** The value of a body pair of a credential: room for a certificate or a signed assertion. In UTF-16 units. */
export const MAX_PAIR_VALUE_CHARACTERS = 20_000;

export const MAX_ATTRIBUTES = 100;
/** An attribute's name, and its fallback. */
export const MAX_ATTRIBUTE_CHARACTERS = 1_000;

export const MIN_TIMEOUT_SECONDS = 5;
export const MAX_TIMEOUT_SECONDS = 60;
export const DEFAULT_TIMEOUT_SECONDS = 30;

/** Statuses that a success rule may name. */
export const MAX_ALSO_STATUSES = 10;

/** Paths into a token answer. */
export const MAX_TOKEN_PATH_CHARACTERS = 200;
export const MAX_TOKEN_PREFIX_CHARACTERS = 100;

/** Entries in `errors` of a problem; `errorCount` has the real number. */
export const MAX_PROBLEM_ERRORS = 100;
/** A longer JSON pointer in a problem is cut. In UTF-16 units. */
export const MAX_POINTER_CHARACTERS = 200;

/** A longer body of a recorded request or response is cut. In UTF-16 units. */
export const MAX_RECORDED_BODY_CHARACTERS = 65_536;
