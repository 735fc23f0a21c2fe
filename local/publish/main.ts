/** `npm run publish`: puts sample events on the bus of the running stack and prints each delivery as it ends. `--help` lists the options. */
import { join, resolve } from "node:path";
import { HELP, readArguments } from "./arguments.ts";
import { publish } from "./publish.ts";

const ROOT = join(import.meta.dirname, "../..");

/** As in the help. */
const EXIT_CODES = { delivered: 0, "not-delivered": 1, wrong: 2, stopped: 130 } as const;

process.on("SIGINT", () => {
  console.error("\nStopped. Events already on the bus are still delivered.");
  process.exit(EXIT_CODES.stopped);
});
// As in `npm run publish | head`: the reader has closed the pipe.
process.stdout.on("error", () => process.exit(EXIT_CODES.delivered));

const command = readArguments(process.argv.slice(2), process.env);
if (command.kind === "help") {
  console.log(HELP);
} else if (command.kind === "wrong") {
  console.error(`${command.reason}\nSee npm run publish -- --help`);
  process.exitCode = EXIT_CODES.wrong;
} else {
  const { runtime } = command.order;
  // npm runs scripts in the project's folder; INIT_CWD is where the user is.
  const file =
    runtime === undefined
      ? join(ROOT, ".local/runtime.json")
      : resolve(process.env["INIT_CWD"] ?? process.cwd(), runtime);
  const result = await publish(command.order, file, {
    print: (line) => {
      console.log(line);
    },
    warn: (line) => {
      console.error(line);
    },
  });
  process.exitCode = EXIT_CODES[result];
}
