import { Agent, request } from "undici";
import type { Cell, Plan } from "./plan.ts";

const BODY = "x".repeat(600);

/** The ceiling: `undici.request` with a constant body of 600 bytes, the answer read to its end. */
export function rawCell({ sinkPort, path, inFlight }: Plan): Promise<Cell> {
  const dispatcher = new Agent({ connections: inFlight, pipelining: 1, allowH2: false });
  const url = `https://localhost:${String(sinkPort)}${path}`;
  const headers = { "content-type": "application/json" };
  const call = async (): Promise<void> => {
    const { statusCode, body } = await request(url, { method: "POST", headers, body: BODY, dispatcher });
    await body.dump();
    if (statusCode !== 200) throw new Error(`The sink answered ${String(statusCode)}.`);
  };
  return Promise.resolve({ call });
}
