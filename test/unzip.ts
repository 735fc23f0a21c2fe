import { fromBuffer } from "yauzl";
import type { Entry, ZipFile } from "yauzl";

/** One file of a zip. */
export interface ZippedFile {
  readonly name: string;
  readonly content: Buffer;
  /** Type and permissions as Unix has them. */
  readonly mode: number;
}

/** The files of a zip in its order, read by yauzl, which checks sizes and names. @throws when it is no sound zip */
export function unzip(zip: Uint8Array): Promise<ZippedFile[]> {
  return new Promise((resolve, reject) => {
    fromBuffer(Buffer.from(zip), { lazyEntries: true }, (error, file) => {
      if (error) {
        reject(error);
        return;
      }
      const files: ZippedFile[] = [];
      file.once("error", reject);
      file.once("end", () => {
        resolve(files);
      });
      file.on("entry", (entry: Entry) => {
        readEntry(file, entry).then((content) => {
          files.push({ name: entry.fileName, content, mode: entry.externalFileAttributes >>> 16 });
          file.readEntry();
        }, reject);
      });
      file.readEntry();
    });
  });
}

function readEntry(file: ZipFile, entry: Entry): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    file.openReadStream(entry, (error, stream) => {
      if (error) {
        reject(error);
        return;
      }
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.once("error", reject);
      stream.once("end", () => {
        resolve(Buffer.concat(chunks));
      });
    });
  });
}
