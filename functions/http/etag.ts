import { AppError } from "../../shared/lib/errors.ts";

/** The strong ETag of a stored version; the version itself holds quotes, so it is written in base64url. */
export function etagOf(version: string): string {
  return `"${Buffer.from(version, "utf8").toString("base64url")}"`;
}

/**
 * The version that `If-Match` names, or `*`. A tag that is not one of ours, and a weak one (RFC 9110, section 13.1.1:
 * the comparison is strong), give a version that matches nothing, hence 412.
 * @throws AppError `if-match-required` without the header, `malformed-request` for what is no single entity tag
 */
export function readIfMatch(header: string | null): string {
  const text = header?.trim() ?? "";
  if (text === "") {
    throw new AppError("if-match-required", "Send If-Match with the ETag of the version that you change, or with *.");
  }
  if (text === "*") return "*";
  const tag = /^(W\/)?"([\x21\x23-\x7e]*)"$/.exec(text);
  if (tag === null) {
    throw new AppError("malformed-request", 'If-Match must be one ETag in its quotes, as in If-Match: "abc", or *.');
  }
  const [, weak, opaque = ""] = tag;
  const version = Buffer.from(opaque, "base64url").toString("utf8");
  // `*` inside quotes is a tag like any other and must not match everything.
  return weak !== undefined || version === "*" || version === "" ? "no such version" : version;
}
