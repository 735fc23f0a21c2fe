/**
 * Runs the third party as a process of its own: `node local/partner/main.ts --state DIR [--port N] [--control-port N]`.
 * Prints one JSON line when it is ready. Ends on SIGTERM and SIGINT, and when its parent process has ended.
 */
import { parseArgs } from "node:util";
import { startPartner } from "./partner.ts";

const { values } = parseArgs({
  options: {
    state: { type: "string", default: ".local" },
    port: { type: "string", default: "7443" },
    "control-port": { type: "string", default: "7444" },
  },
});

const parent = process.ppid;
const { url, earlierUrls, control, ca, caKey, close } = await startPartner({
  stateDir: values.state,
  port: Number(values.port),
  controlPort: Number(values["control-port"]),
});

let ending = false;
const stop = (): void => {
  if (ending) return;
  ending = true;
  clearInterval(watch);
  void close().then(() => {
    process.exit(0);
  });
};
// An orphaned process gets another parent.
const watch = setInterval(() => {
  if (process.ppid !== parent) stop();
}, 500);
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
process.on("disconnect", stop);
console.log(JSON.stringify({ ready: true, url, earlierUrls, control, ca, caKey }));
