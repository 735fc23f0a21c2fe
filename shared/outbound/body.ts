import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress, constants } from "node:zlib";
import type { Transform } from "node:stream";

/** What can be shown of an answer's body. */
export interface ReadableText {
  readonly text: string;
  readonly truncated: boolean;
}

/**
 * The body of an answer as text: decoded if it came encoded although we ask for no encoding, at most `maxBytes` however large it unpacks, whole
 * characters only. A body that cannot be decoded is described in words: the status decides about a delivery, never the body's encoding.
 * @param raw what was read of it; at least one byte more than `maxBytes` when that is not all
 */
export async function readableBody(
  raw: Buffer,
  encoding: string,
  contentType: string,
  maxBytes: number,
): Promise<ReadableText> {
  const cut = raw.length > maxBytes;
  const read = raw.subarray(0, maxBytes);
  if (raw.length === 0 || encoding === "" || encoding === "identity") {
    return { text: textOf(read, contentType, cut), truncated: cut };
  }
  const decoder = decoderOf(encoding);
  if (!decoder) return { text: `(${String(read.length)} bytes in the encoding "${encoding}")`, truncated: cut };
  const { bytes, truncated, broken } = await unpack(decoder, read, maxBytes);
  if (broken && bytes.length === 0) {
    return { text: `(${String(read.length)} bytes that are not valid "${encoding}")`, truncated: true };
  }
  const partly = cut || truncated || broken;
  return { text: textOf(bytes, contentType, partly), truncated: partly };
}

function decoderOf(encoding: string): Transform | undefined {
  switch (encoding) {
    case "gzip":
    case "x-gzip":
      return createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
    case "deflate":
      return createInflate({ finishFlush: constants.Z_SYNC_FLUSH });
    case "br":
      return createBrotliDecompress();
    case "zstd":
      return createZstdDecompress();
    default:
      return undefined;
  }
}

function unpack(
  decoder: Transform,
  raw: Buffer,
  maxBytes: number,
): Promise<{ bytes: Buffer; truncated: boolean; broken: boolean }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (truncated: boolean, broken: boolean): void => {
      resolve({ bytes: Buffer.concat(chunks).subarray(0, maxBytes), truncated, broken });
    };
    decoder.on("data", (chunk: Buffer) => {
      if (size > maxBytes) return;
      chunks.push(chunk);
      size += chunk.length;
      if (size <= maxBytes) return;
      end(true, false);
      // A small answer could unpack to gigabytes.
      decoder.destroy();
    });
    decoder.on("end", () => {
      end(false, false);
    });
    decoder.on("error", () => {
      end(false, true);
    });
    decoder.end(raw);
  });
}

/** @param cut whether more would follow: then a character of which only the first bytes are there is left out */
function textOf(bytes: Buffer, contentType: string, cut: boolean): string {
  if (bytes.length === 0) return "";
  const charset = /charset="?([\w.:-]+)/i.exec(contentType)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset).decode(bytes, { stream: cut });
  } catch {
    // An unknown charset: shown as UTF-8.
    return new TextDecoder().decode(bytes, { stream: cut });
  }
}
