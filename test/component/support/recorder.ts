import type { RetryScheduler } from "../../../shared/core/ports/bus.ts";
import type { RetryMessage } from "../../../shared/core/events/retry-message.ts";

/** A scheduler that keeps what was scheduled. */
export interface RecordingRetryScheduler extends RetryScheduler {
  readonly scheduled: { readonly retryMessage: RetryMessage; readonly at: Date }[];
}

export function recordingRetryScheduler(): RecordingRetryScheduler {
  const scheduled: RecordingRetryScheduler["scheduled"] = [];
  return {
    scheduled,
    schedule: (retryMessage, at) => {
      scheduled.push({ retryMessage, at });
      return Promise.resolve("scheduled");
    },
  };
}
