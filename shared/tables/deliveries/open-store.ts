import type { DeliveryStore } from "../../core/ports/deliveries.ts";
import type { MemberKeys } from "../../core/ports/secrets.ts";
import type { TablesSettings } from "../open-tables.ts";
import { transactionClient } from "../transactions/client.ts";
import type { ServiceDeps } from "../transactions/service.ts";
import { tableOpener } from "../open-tables.ts";
import { monthTables } from "./month-tables.ts";
import { deliveryStore } from "./store.ts";

/** The deliveries of an account, written over the pooled connection of `call`. Connects to nothing yet. */
export function openDeliveryStore(
  settings: TablesSettings,
  { memberKey, ...service }: ServiceDeps & MemberKeys,
): DeliveryStore {
  const tables = monthTables(tableOpener(settings), transactionClient(service));
  return deliveryStore({ tables, memberKey });
}
