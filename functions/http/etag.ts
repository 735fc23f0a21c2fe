import { AppError } from "../../shared/lib/errors.ts";

/** The strong ETag of a stored version: base64url, since the version itself contains quotes. */
export function etagOf(version: string): string {
  return `"${Buffer.from(version, "utf8").toString("base64url")}"`;
}

/**
 * The version that `If-Match` names, or `*`. A tag that is not ours, or a weak one (RFC 9110, section 13.1.1: the comparison is strong), gives a
 * version that matches nothing, hence 412.
 * @throws AppError `if-match-required` without the header, `malformed-request` for anything but a single entity tag
 */
export function readIfMatch(header: string | null): string {
  const text = header?.trim() ?? "";
  if (text === "") {
    throw new AppError("if-match-required", "Send If-Match with the ETag of the version that you are changing, or *.");
  }
  if (text === "*") return "*";
  const tag = /^(W\/)?"([\x21\x23-\x7e]*)"$/.exec(text);
  if (tag === null) {
    throw new AppError("malformed-request", 'If-Match must be one ETag in its quotes, as in If-Match: "abc", or *.');
  }
  const [, weak, opaque = ""] = tag;
  const version = Buffer.from(opaque, "base64url").toString("utf8");
  // `*` in quotes is a tag like any other and must not match everything.
  return weak !== undefined || version === "*" || version === "" ? "no such version" : version;
}
