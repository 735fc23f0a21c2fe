import { createHash } from "node:crypto";
import { Trouble } from "../lib/errors.ts";

/** `/ \ # ?` and control characters cannot stand in keys. @see https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model */
const FORBIDDEN = /[/\\#?\p{Cc}]/u;
/** 1 KiB of UTF-16. */
const MAX_KEY_UNITS = 512;

/**
 * The key itself, if the table service takes it. The emulator takes more than the service, so this is checked here.
 * @throws for a key that the service would refuse: a fault of ours, since keys are made of ids and hashes
 */
export function tableKey(key: string): string {
  if (FORBIDDEN.test(key) || key.length > MAX_KEY_UNITS || key === "") {
    throw new Trouble(
      `The table key ${JSON.stringify(key.slice(0, 80))} is empty, too long or holds a character that keys may not have.`,
    );
  }
  return key;
}

/** Row key for a name: exact, case-sensitive, and free of characters that keys may not have. */
export function nameKey(kind: "nw" | "nc", name: string): string {
  return `${kind}_${createHash("sha256").update(name, "utf8").digest("hex")}`;
}

/** Ends a range of keys that begin with `prefix`: no key of ours holds a character above `~`. */
export function afterPrefix(prefix: string): string {
  return `${prefix}~`;
}

/** A text in a filter. @see https://learn.microsoft.com/rest/api/storageservices/querying-tables-and-entities#constructing-filter-strings */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
