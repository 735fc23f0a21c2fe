/** Azurite as the stack runs it, in its own process. A reset restarts it on the same port. */
import { startTables } from "../../local/tables/start.ts";
import { servePeer } from "./parent.ts";

servePeer(async () => {
  let tables = await startTables({ port: 0 });
  const { port, connectionString } = tables;
  return {
    port,
    connectionString,
    counts: () => ({}),
    reset: async () => {
      await tables.close();
      tables = await startTables({ port });
    },
  };
});
