/**
 * Preloaded in every part of the stack (`node --import`): ends the process when the stack that started it has ended, in whatever way.
 * The channel to the parent closes then.
 */
const GRACE_MS = 12_000;

process.on("disconnect", () => {
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.kill(process.pid, "SIGKILL"), GRACE_MS).unref();
});
// The listener alone must not keep the process alive.
process.channel?.unref();
