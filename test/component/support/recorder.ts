import type { RetryScheduler } from "../../../shared/core/ports/bus.ts";
import { retryMessageBody } from "../../../shared/core/events/retry-message.ts";
import type { RetryMessage } from "../../../shared/core/events/retry-message.ts";

/** What one message on a Standard bus may have, in bytes. */
const MESSAGE_BYTES = 262_144;

/** A scheduler that keeps what was scheduled, so that tests move on to its time at once; the conformance suite holds it to what the bus does. */
export interface RecordingRetryScheduler extends RetryScheduler {
  readonly scheduled: { readonly retryMessage: RetryMessage; readonly at: Date }[];
}

export function recordingRetryScheduler(): RecordingRetryScheduler {
  const scheduled: RecordingRetryScheduler["scheduled"] = [];
  return {
    scheduled,
    schedule: (retryMessage, at) => {
      if (Buffer.byteLength(retryMessageBody(retryMessage, "", at)) > MESSAGE_BYTES)
        return Promise.resolve("too-large");
      scheduled.push({ retryMessage, at });
      return Promise.resolve("scheduled");
    },
  };
}
