/**
 * Loaded before every part of the stack (`node --import`): ends the process when the stack that started it is gone, however it
 * went. The channel to the parent closes then.
 */
const GRACE_MS = 12_000;

process.on("disconnect", () => {
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.kill(process.pid, "SIGKILL"), GRACE_MS).unref();
});
// Listening must not keep a process alive that has nothing else to do.
process.channel?.unref();
