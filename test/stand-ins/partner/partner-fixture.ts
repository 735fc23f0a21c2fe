import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, request } from "undici";
import type { Dispatcher } from "undici";
import { partnerControl } from "../../../local/partner/control.ts";
import type { PartnerControl } from "../../../local/partner/control.ts";
import { startPartner } from "../../../local/partner/partner.ts";

/** A partner of one test, over real TLS, with a clock that the test moves. */
export interface PartnerFixture {
  readonly stateDir: string;
  readonly url: () => string;
  readonly controlUrl: () => string;
  readonly control: () => PartnerControl;
  /** Advances the partner's clock, which otherwise does not move. */
  readonly pass: (ms: number) => void;
  readonly send: (
    path: string,
    headers?: Record<string, string>,
    body?: string,
    signal?: AbortSignal,
  ) => Promise<Dispatcher.ResponseData>;
  readonly statusOf: (path: string, headers?: Record<string, string>) => Promise<number>;
  /** Stops the partner and starts another one in the same folder. */
  readonly restart: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Starts at 2026-03-01T12:00:00Z. */
export async function partnerFixture(): Promise<PartnerFixture> {
  const stateDir = mkdtempSync(join(tmpdir(), "partner-"));
  let clock = Date.parse("2026-03-01T12:00:00Z");
  const start = () => startPartner({ stateDir, now: () => clock });
  let partner = await start();
  const agent = new Agent({ connect: { ca: readFileSync(partner.ca, "utf8") } });
  const send: PartnerFixture["send"] = (path, headers = {}, body = "{}", signal) =>
    request(`${partner.url}${path}`, {
      method: "POST",
      headers,
      body,
      dispatcher: agent,
      ...(signal === undefined ? {} : { signal }),
    });
  return {
    stateDir,
    url: () => partner.url,
    controlUrl: () => partner.control,
    control: () => partnerControl(partner.control),
    pass: (ms) => {
      clock += ms;
    },
    send,
    statusOf: async (path, headers) => {
      const { statusCode, body } = await send(path, headers);
      await body.dump();
      return statusCode;
    },
    restart: async () => {
      await partner.close();
      partner = await start();
    },
    close: async () => {
      await agent.destroy();
      await partner.close();
      rmSync(stateDir, { recursive: true });
    },
  };
}
