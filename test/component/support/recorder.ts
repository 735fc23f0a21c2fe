import type { Redelivery } from "../../../shared/core/ports/bus.ts";
import type { ComeBack } from "../../../shared/core/events/event.ts";

/** A redelivery that keeps what was scheduled. */
export interface RecordingRedelivery extends Redelivery {
  readonly scheduled: { readonly comeBack: ComeBack; readonly at: Date }[];
}

export function recordingRedelivery(): RecordingRedelivery {
  const scheduled: RecordingRedelivery["scheduled"] = [];
  return {
    scheduled,
    schedule: (comeBack, at) => {
      scheduled.push({ comeBack, at });
      return Promise.resolve("scheduled");
    },
  };
}
