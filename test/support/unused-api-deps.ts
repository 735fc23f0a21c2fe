import type { ApiDeps } from "../../functions/api-deps.ts";
import { HEADER_VALUE_WHITELIST } from "../../shared/contract/header-rules.ts";

/** For tests of a few routes: what the others need, all of which fails when it is asked. */
export function unusedApiDeps(): ApiDeps {
  const unused = (): Promise<never> => Promise.reject(new Error("This test needs more than it was given."));
  const store = { create: unused, get: unused, list: unused, replace: unused, remove: unused };
  return {
    webhooks: { ...store, configurationVersion: unused, all: unused, setPaused: unused },
    credentials: { ...store, uses: unused },
    deliveries: { get: unused, attempts: unused, event: unused, list: unused },
    heartbeats: { all: unused },
    box: { check: unused },
    buses: new Map(),
    busEnabled: () => false,
    headerCharacters: HEADER_VALUE_WHITELIST,
    clock: () => new Date(0),
    random: (bytes) => new Uint8Array(bytes),
    version: "0",
    checkMs: 1,
    publishMs: 1,
    newId: () => "",
  };
}
