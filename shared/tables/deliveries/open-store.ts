import type { DeliveryStore } from "../../core/ports/deliveries.ts";
import type { MemberKeys } from "../../core/ports/secrets.ts";
import type { TablesSettings } from "../open-tables.ts";
import { openAccount } from "../transactions/account.ts";
import { transactionClient } from "../transactions/client.ts";
import type { TransactionDeps } from "../transactions/client.ts";
import { tableOpener } from "../open-tables.ts";
import { deliveryStore } from "./store.ts";

/** The deliveries of an account, written over the pooled connection of `post`. Connects to nothing yet. */
export function openDeliveryStore(
  settings: TablesSettings,
  { memberKey, ...deps }: Omit<TransactionDeps, "account"> & MemberKeys,
): DeliveryStore {
  const submit = transactionClient({ ...deps, account: openAccount(settings, deps.clock) });
  return deliveryStore({ openTable: tableOpener(settings), submit, memberKey });
}
