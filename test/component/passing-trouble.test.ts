import { once } from "node:events";
import { createServer } from "node:net";
import { RestError, TableClient } from "@azure/data-tables";
import { CredentialUnavailableError } from "@azure/identity";
import { MessagingError, ServiceBusClient, ServiceBusError } from "@azure/service-bus";
import { request } from "undici";
import * as z from "zod";
import { isPassing, PassingTrouble } from "../../shared/lib/passing-trouble.ts";
import { withinLimit } from "../../shared/lib/time-limit.ts";
import { vaultKey } from "../../shared/secrets/vault-key.ts";

/** A port on which nothing listens. */
let port = 0;

beforeAll(async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
  await new Promise((resolve) => server.close(resolve));
});

function place(): string {
  return `127.0.0.1:${String(port)}`;
}

/** What the work throws. */
async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown.");
}

function rest(statusCode: number, code?: string): RestError {
  return new RestError("refused", code === undefined ? { statusCode } : { statusCode, code });
}

/** As the SDK makes it of what the service answered. */
function bus(code: string, retryable: boolean): ServiceBusError {
  return new ServiceBusError(Object.assign(new MessagingError("refused"), { code, retryable }));
}

const connection = "Endpoint=sb://127.0.0.1;SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true;";
const account = (): string =>
  `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;TableEndpoint=http://${place()}/a;`;
const options = { retryOptions: { maxRetries: 0 }, allowInsecureConnection: true };

test.each<[string, () => unknown]>([
  [
    "tables that nobody answers for",
    () => TableClient.fromConnectionString(account(), "t", options).getEntity("a", "b"),
  ],
  [
    "a bus that nobody answers for",
    async () => {
      const client = new ServiceBusClient(connection.replace("127.0.0.1", place()), {
        retryOptions: { maxRetries: 0, timeoutInMs: 5_000 },
      });
      try {
        await client.createSender("deliveries").sendMessages({ body: "x" });
      } finally {
        await client.close();
      }
    },
  ],
  ["undici without a connection", () => request(`http://${place()}/`)],
  ["fetch without a connection", () => fetch(`http://${place()}/`)],
  ["a name that does not resolve", () => fetch("http://nowhere.invalid/")],
  [
    "a vault that nobody answers for",
    () => aVault(`https://${place()}/keys/k`).unwrap(Buffer.alloc(1), `https://${place()}/keys/k/1`),
  ],
  ["a time limit", () => withinLimit(1, () => new Promise(() => undefined))],
  ["a signal that aborts", () => fetch(`http://${place()}/`, { signal: AbortSignal.abort() })],
  ["a signal's time", () => fetch(`http://${place()}/`, { signal: AbortSignal.timeout(0) })],
])("%s can pass", async (_what, work) => {
  expect(isPassing(await thrownBy(work))).toBe(true);
});

function aVault(keyUrl: string): ReturnType<typeof vaultKey> {
  return vaultKey(keyUrl, { getToken: () => Promise.resolve({ token: "t", expiresOnTimestamp: Date.now() + 60_000 }) });
}

test.each<[boolean, string, unknown]>([
  [true, "tables: 500", rest(500, "InternalError")],
  [true, "tables: 503", rest(503, "ServerBusy")],
  [true, "tables: 429", rest(429)],
  [true, "tables: 408", rest(408)],
  [true, "tables: rights that come late", rest(403, "AuthorizationPermissionMismatch")],
  [true, "tables: a row that others wrote", rest(412, "UpdateConditionNotSatisfied")],
  [true, "tables: a table that is just being deleted", rest(409, "TableBeingDeleted")],
  [true, "tables: a row that is gone", rest(404, "ResourceNotFound")],
  [true, "tables: an answer cut off", new RestError("x", { code: RestError.PARSE_ERROR, statusCode: 200 })],
  [true, "bus: busy", bus("ServerBusyError", true)],
  [true, "bus: timeout", bus("OperationTimeoutError", true)],
  [true, "bus: a name that does not resolve", bus("ServiceCommunicationError", false)],
  [true, "bus: full", bus("QuotaExceededError", false)],
  [true, "bus: a lock that is lost", bus("MessageLockLostError", false)],
  [true, "bus: a connection that was closed", bus("ConnectionForcedError", true)],
  [true, "identity: not there yet", new CredentialUnavailableError("no endpoint")],
  [true, "our own word for it", new PassingTrouble("rows that others wrote")],
  [true, "wrapped", new Error("Sending to deliveries", { cause: bus("ServerBusyError", true) })],
  [true, "several tries, the last of which can pass", new AggregateError([new TypeError("x"), rest(503)])],
  [false, "several tries, the last of which cannot", new AggregateError([rest(503), new TypeError("x")])],
  [false, "tables: an entity too large", rest(400, "EntityTooLarge")],
  [false, "tables: a property too large", rest(400, "PropertyValueTooLarge")],
  [false, "tables: a transaction too large", rest(413, "RequestBodyTooLarge")],
  [false, "tables: something they do not do", rest(501, "NotImplemented")],
  [false, "bus: a message too large", bus("MessageTooLargeError", false)],
  [false, "bus: an argument that it does not take", bus("ArgumentError", false)],
  [false, "a fault of the program", new TypeError("x is not a function")],
  [false, "a text too long", new RangeError("Invalid string length")],
  [false, "a stored row that does not parse", z.object({ a: z.string() }).safeParse({}).error],
  [false, "a stored document that is not JSON", new SyntaxError("Unexpected token")],
  [false, "a secret that does not open", new Error("The sealed value of wh_1 headers/0 does not open")],
  [false, "a plain error", new Error("503")],
  [false, "a code that is not known", Object.assign(new Error("x"), { code: "ERR_INVALID_ARG_TYPE" })],
  [false, "a text", "ECONNREFUSED"],
  [false, "nothing", undefined],
  [false, "an error without an end", endless()],
])("%s: %s", (passing, _what, error) => {
  expect(isPassing(error)).toBe(passing);
});

/** An error that is its own cause. */
function endless(): Error {
  const error = new Error("x");
  error.cause = error;
  return error;
}
