/** The measured filters of the delivery log, by label. */
export const LOG_FILTERS = {
  all: "all",
  webhook: "one webhook",
  failed: "failed (1 in 100)",
  event: "one event",
} as const;
