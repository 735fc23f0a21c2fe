import { createSecretKey, randomBytes } from "node:crypto";
import type { DeliveryStore } from "../../shared/core/ports/deliveries.ts";
import { openDeliveryStore } from "../../shared/tables/deliveries/open-store.ts";
import { tableService } from "./table-service.ts";

/** The store of deliveries as the app builds it, over the tables of a connection string. */
export function openTestStore(connectionString: string): DeliveryStore {
  const settings = { kind: "connection-string", value: connectionString } as const;
  const memberKey = createSecretKey(randomBytes(32));
  return openDeliveryStore(settings, { ...tableService(settings), memberKey: () => Promise.resolve(memberKey) });
}
