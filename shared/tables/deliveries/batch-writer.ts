import type { TransactionAction } from "@azure/data-tables";
import { MAX_OPERATIONS, MAX_REQUEST_BYTES, operationBytes } from "../entity-size.ts";

/** ETags of a group's rows, by row key. */
export type Versions = ReadonlyMap<string, string>;

/** Runs one entity group transaction: all of it or nothing. */
export type Submit = (table: string, actions: TransactionAction[]) => Promise<Versions>;

/** Writes a group of rows of one partition atomically. @throws the table's error when the group was not written. */
export type WriteGroup = (table: string, partition: string, actions: readonly TransactionAction[]) => Promise<Versions>;

interface Group {
  readonly actions: readonly TransactionAction[];
  readonly rows: readonly string[];
  readonly bytes: number;
  readonly done: (versions: Versions) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Natural batching: at most one transaction per partition is in flight, and the groups that arrive meanwhile make up the next. No
 * timer, so a lone write goes out at once and a crowd shares its round trips; each caller waits for its own group, so nothing can be
 * lost. A transaction that is refused (a conflict in one group) is halved until only the guilty group's caller sees the error.
 */
export function batchWriter(submit: Submit): WriteGroup {
  const lanes = new Map<string, Group[]>();
  return (table, partition, actions) =>
    new Promise((done, failed) => {
      const rows = actions.map(([, entity]) => entity.rowKey);
      const group: Group = { actions, rows, bytes: bytesOf(actions), done, failed };
      const lane = `${table}/${partition}`;
      const waiting = lanes.get(lane);
      if (waiting) {
        waiting.push(group);
        return;
      }
      const queue = [group];
      lanes.set(lane, queue);
      drain(table, queue, submit).then(
        () => lanes.delete(lane),
        // It never rejects; if it did, nobody would wait for ever.
        (error: unknown) => {
          lanes.delete(lane);
          for (const { failed: tell } of [group, ...queue]) tell(error);
        },
      );
    });
}

/** Sends until nothing waits. Never rejects: every error goes to the callers of its groups. */
async function drain(table: string, queue: Group[], submit: Submit): Promise<void> {
  // Lets everything that became ready in this turn of the event loop into the first transaction.
  await new Promise((resolve) => setImmediate(resolve));
  while (queue.length > 0) await sendAll(table, takeBatch(queue), submit);
}

/** The first groups that fit into one transaction. A row may occur only once in it, so a second write of the same row waits. */
function takeBatch(queue: Group[]): Group[] {
  const batch: Group[] = [];
  const rows = new Set<string>();
  let bytes = 0;
  for (;;) {
    const next = queue[0];
    if (!next) return batch;
    const fits = rows.size + next.rows.length <= MAX_OPERATIONS && bytes + next.bytes <= MAX_REQUEST_BYTES;
    if (batch.length > 0 && (!fits || next.rows.some((row) => rows.has(row)))) return batch;
    for (const row of next.rows) rows.add(row);
    bytes += next.bytes;
    batch.push(next);
    queue.shift();
  }
}

async function sendAll(table: string, batch: readonly Group[], submit: Submit): Promise<void> {
  try {
    const versions = await submit(
      table,
      batch.flatMap(({ actions }) => [...actions]),
    );
    for (const group of batch) group.done(versions);
  } catch (error) {
    const [only] = batch;
    if (batch.length === 1 && only) {
      only.failed(error);
    } else if (isRefusal(error)) {
      const half = Math.ceil(batch.length / 2);
      await sendAll(table, batch.slice(0, half), submit);
      await sendAll(table, batch.slice(half), submit);
    } else {
      // Not refused but lost: whether it was written is not known, so each caller has to look.
      for (const group of batch) group.failed(error);
    }
  }
}

/** HTTP status of a table error; undefined for anything else. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("statusCode" in error)) return undefined;
  return typeof error.statusCode === "number" ? error.statusCode : undefined;
}

/** Refused as a whole because of one operation, so that the others may go without it. */
function isRefusal(error: unknown): boolean {
  const status = statusOf(error) ?? 0;
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

function bytesOf(actions: readonly TransactionAction[]): number {
  return actions.reduce((sum, action) => sum + operationBytes(action), 0);
}
