/** What the figures do not cover; printed after every full run. */
export const LIMITS = [
  "Not measured:",
  "- Azure Service Bus and the hop from the Functions host to its worker: a message starts as bytes inside the measured process.",
  "- latency and throttling of Table Storage: the stub answers in well under a millisecond, Azurite takes more CPU than the service.",
  "- a network: everything runs on one machine, so peers and measured process share its cores and caches.",
  "- more than one worker process, and the host's own logging and telemetry.",
  "For BullMQ, taking jobs from Redis and adding them is included; for the product, receiving from the bus is not.",
  "",
  "Each cell is a fresh process running the bundled code, warmed up before it counts. Ratios are taken against the yardstick of the same round, then their median;",
  "'rounds' gives their range. 'foreign' is what others used of the machine meanwhile, in cores: above 0.3, repeat the run.",
];
