import { buffer } from "node:stream/consumers";
import { fromBufferPromise } from "yauzl";

/** One file of a zip. */
export interface ZippedFile {
  readonly name: string;
  readonly content: Buffer;
  /** Type and permissions as Unix has them. */
  readonly mode: number;
}

/** The files of a zip in its order, read by yauzl, which checks sizes and names. @throws when the zip is not valid */
export async function unzip(zip: Uint8Array): Promise<ZippedFile[]> {
  const reader = await fromBufferPromise(Buffer.from(zip), { lazyEntries: true });
  const files: ZippedFile[] = [];
  for await (const entry of reader.eachEntry()) {
    const content = await buffer(await reader.openReadStreamPromise(entry));
    files.push({ name: entry.fileName, content, mode: entry.externalFileAttributes >>> 16 });
  }
  return files;
}
