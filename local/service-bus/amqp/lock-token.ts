/** Byte order of a .NET GUID: the first three groups of a UUID are reversed. */
const GUID_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const;

const reorder = (bytes: Buffer): Buffer => Buffer.from(GUID_ORDER.map((index) => bytes[index] ?? 0));

/** The delivery tag of a lock: its token in .NET GUID order, as the service sends it. */
export function tagOfToken(token: string): Buffer {
  return reorder(Buffer.from(token, "hex"));
}

/** The lock token of a delivery tag; a tag of another length gives a token that matches no lock. */
export function tokenOfTag(tag: Buffer): string {
  return reorder(tag).toString("hex");
}

/** The token as the 16 bytes of an AMQP uuid, in normal order, as the management operations carry it. */
export function uuidOfToken(token: string): Buffer {
  return Buffer.from(token, "hex");
}
