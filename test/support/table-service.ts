import { openServiceCalls } from "../../shared/outbound/service-calls.ts";
import type { TablesSettings } from "../../shared/tables/open-tables.ts";
import { openAccount } from "../../shared/tables/transactions/account.ts";
import type { ServiceDeps } from "../../shared/tables/transactions/service.ts";

/** What the app's own calls of a table service need, as the app wires it. Its connections keep no process alive. */
export function tableService(settings: TablesSettings): ServiceDeps {
  const clock = (): Date => new Date();
  return {
    account: openAccount(settings, clock),
    call: openServiceCalls().call,
    clock,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    random: Math.random,
  };
}
