/** `npm run publish`: sample events onto the running stack's bus, each delivery printed as it ends. `--help` has the options. */
import { join, resolve } from "node:path";
import { HELP, readArguments } from "./arguments.ts";
import { publish } from "./publish.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Exit codes, as the help tells them. */
const CODES = { delivered: 0, "not-delivered": 1, wrong: 2, stopped: 130 } as const;

process.on("SIGINT", () => {
  console.error("\nStopped. What is on the bus goes on.");
  process.exit(CODES.stopped);
});
// `npm run publish | head`: whoever read has enough.
process.stdout.on("error", () => process.exit(CODES.delivered));

const asked = readArguments(process.argv.slice(2), process.env);
if (asked.kind === "help") {
  console.log(HELP);
} else if (asked.kind === "wrong") {
  console.error(`${asked.reason}\nMore: npm run publish -- --help`);
  process.exitCode = CODES.wrong;
} else {
  const { runtime } = asked.order;
  // npm starts scripts in the project's folder; INIT_CWD is where the person is.
  const file =
    runtime === undefined
      ? join(ROOT, ".local/runtime.json")
      : resolve(process.env["INIT_CWD"] ?? process.cwd(), runtime);
  const result = await publish(asked.order, file, {
    tell: (line) => {
      console.log(line);
    },
    warn: (line) => {
      console.error(line);
    },
  });
  process.exitCode = CODES[result];
}
