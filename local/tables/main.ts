/** Runs the table server as a process: `node local/tables/main.ts [--port N] [--location DIR]`. Prints one JSON line when it is ready. */
import { parseArgs } from "node:util";
import { startTables } from "./start.ts";

const { values } = parseArgs({ options: { port: { type: "string", default: "10002" }, location: { type: "string" } } });

const { location } = values;
const tables = await startTables({ port: Number(values.port), ...(location === undefined ? {} : { location }) });
process.stdout.write(
  `${JSON.stringify({ ready: true, port: tables.port, connectionString: tables.connectionString })}\n`,
);

let ending = false;
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => {
    if (ending) return;
    ending = true;
    tables.close().then(
      () => process.exit(0),
      (thrown: unknown) => {
        console.error("The table server did not close cleanly:", thrown);
        process.exit(1);
      },
    );
  });
}
