import { randomBytes } from "node:crypto";
import { RestError, TableClient } from "@azure/data-tables";
import * as z from "zod";
import { startTables } from "../../../local/tables/start.ts";

/**
 * The contract of the tables knows only the SDK and one connection string. It starts the stand-in itself. Point it at a real account with
 * TABLES_CONTRACT_CONNECTION; it creates its own table there and drops it.
 */
const CONNECTION_VARIABLE = "TABLES_CONTRACT_CONNECTION";

export interface ContractTables {
  /** The client of a table; none but `rows` exists. */
  readonly open: (name: string) => TableClient;
  readonly rows: TableClient;
  close(): Promise<void>;
}

export async function openContractTables(): Promise<ContractTables> {
  const given = process.env[CONNECTION_VARIABLE];
  const standIn = given === undefined ? await startTables({ port: 0 }) : undefined;
  const connection = given ?? standIn?.connectionString ?? "";
  // A refusal must come at once: the service never answers with what the SDK would retry.
  const options = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };
  const open = (name: string): TableClient => TableClient.fromConnectionString(connection, name, options);
  const rows = open(`limits${randomBytes(6).toString("hex")}`);
  await rows.createTable();
  return {
    open,
    rows,
    close: async () => {
      await rows.deleteTable();
      await standIn?.close();
    },
  };
}

const bodySchema = z
  .object({ "odata.error": z.object({ code: z.string(), message: z.object({ value: z.string() }) }) })
  .transform(({ "odata.error": { code, message } }) => ({ code, text: message.value }));

/** The service's refusal: `<status> <code>: <first line of its text>`. @throws Error when it did not refuse */
export async function refusal(asked: Promise<unknown>): Promise<string> {
  const error: unknown = await asked.then(
    () => new Error("It was not refused."),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RestError)) throw error;
  // For a single operation the SDK returns the body as the message, for a transaction what it parsed from it.
  const { code, text } =
    error.code === undefined ? bodySchema.parse(JSON.parse(error.message)) : { code: error.code, text: error.message };
  return `${String(error.statusCode)} ${code}: ${text.split("\n")[0] ?? ""}`;
}
