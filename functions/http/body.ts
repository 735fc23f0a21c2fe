import type { HttpRequest } from "@azure/functions";
import { MAX_REQUEST_BYTES } from "../../shared/contract/limits.ts";
import { AppError } from "../../shared/lib/errors.ts";
import { jsonFaultAt } from "../../shared/core/events/json-fault.ts";

/**
 * The JSON body of a request.
 * @throws AppError `too-large`, `unsupported-media-type`, `malformed-request`. No message repeats the body: it may hold secrets.
 */
export async function readJson(request: HttpRequest): Promise<unknown> {
  const announced = request.headers.get("content-length");
  if (announced !== null && Number(announced) > MAX_REQUEST_BYTES) throw tooLarge();
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.byteLength > MAX_REQUEST_BYTES) throw tooLarge();
  if (bytes.byteLength === 0) throw new AppError("malformed-request", "The request has no body. Send a JSON object.");
  checkMediaType(request.headers.get("content-type"), request.headers.get("content-encoding"));
  const text = decode(bytes);
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    // The parser's own message quotes the source, which may hold secrets.
    const offset = jsonFaultAt(text);
    const before = text.slice(0, offset).split("\n");
    const column = (before.at(-1)?.length ?? 0) + 1;
    throw new AppError(
      "malformed-request",
      `The body is not valid JSON: error at line ${String(before.length)}, column ${String(column)} (character ${String(offset)}).`,
    );
  }
}

/** Whether an `Accept` header allows JSON. @see RFC 9110, section 12.5.1 */
export function acceptsJson(accept: string | null): boolean {
  if (accept === null || accept.trim() === "") return true;
  const weights = new Map<string, number>();
  for (const part of accept.split(",")) {
    const [range = "", ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    weights.set(range, quality === undefined ? 1 : Number(quality));
  }
  // The most specific range wins.
  const weight = weights.get("application/json") ?? weights.get("application/*") ?? weights.get("*/*") ?? 0;
  return weight > 0;
}

function tooLarge(): AppError {
  return new AppError("too-large", `The request body may have at most ${String(MAX_REQUEST_BYTES)} bytes.`);
}

function checkMediaType(contentType: string | null, contentEncoding: string | null): void {
  const [type = "", ...parameters] = (contentType ?? "").split(";").map((piece) => piece.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith("charset="))?.slice("charset=".length);
  const utf8 = charset === undefined || /^"?utf-?8"?$/.test(charset);
  if (type !== "application/json" || !utf8) {
    throw new AppError("unsupported-media-type", "Send the body as Content-Type: application/json, in UTF-8.");
  }
  if (contentEncoding !== null && contentEncoding.trim().toLowerCase() !== "identity") {
    throw new AppError("unsupported-media-type", "Send the body without a Content-Encoding.");
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new AppError("malformed-request", "The body is not UTF-8.");
  }
}
