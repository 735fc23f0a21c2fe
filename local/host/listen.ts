import { once } from "node:events";
import type { Server } from "node:net";
import { isRecord } from "./records.ts";

/** Binds `server` to `port` on the IPv4 loopback address, or to a free one when it is 0 or in use. Returns the port. */
export async function listen(server: Server, port: number): Promise<number> {
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch (thrown) {
    if (port === 0 || !isRecord(thrown) || thrown["code"] !== "EADDRINUSE") throw thrown;
    return await listen(server, 0);
  }
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return address.port;
}
