import { createHmac, timingSafeEqual } from "node:crypto";
import { pathOf } from "../entities.ts";

/** The right that a token grants: everything at and below a path, until a time in milliseconds since 1970. */
export interface Claim {
  readonly path: string;
  readonly until: number;
}

export interface SharedKey {
  readonly keyName: string;
  readonly key: string;
}

/** The answer to `put-token`. */
export type TokenAnswer = { readonly claim: Claim } | { readonly refused: string };

/** Checks a shared access signature: `sig` is the HMAC-SHA256 of `sr`, a line feed and `se` under the named key. */
export function checkToken(token: string, audience: string, shared: SharedKey, now: number): TokenAnswer {
  const PREFIX = "SharedAccessSignature ";
  if (!token.startsWith(PREFIX)) return { refused: "InvalidIssuer: only shared access signatures are supported." };
  const parts = new Map(
    token
      .slice(PREFIX.length)
      .split("&")
      .map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)] as const),
  );
  const resource = parts.get("sr") ?? "";
  const expiry = parts.get("se") ?? "";
  const signature = Buffer.from(decodeURIComponent(parts.get("sig") ?? ""), "base64");
  const expected = createHmac("sha256", shared.key).update(`${resource}\n${expiry}`).digest();
  const signed = signature.length === expected.length && timingSafeEqual(signature, expected);
  if (!signed || decodeURIComponent(parts.get("skn") ?? "") !== shared.keyName)
    return { refused: "InvalidSignature: The token has an invalid signature." };
  const until = Number(expiry) * 1000;
  if (!(until > now)) return { refused: "ExpiredToken: The token is expired." };
  const path = pathOf(decodeURIComponent(resource));
  if (!covers(path, pathOf(audience))) return { refused: `The token is for '${path}', not for '${pathOf(audience)}'.` };
  return { claim: { path, until } };
}

/** Whether one of the claims covers `path` now. */
export function allows(claims: Iterable<Claim>, path: string, now: number): boolean {
  for (const claim of claims) if (claim.until > now && covers(claim.path, pathOf(path))) return true;
  return false;
}

const covers = (claimed: string, path: string): boolean => {
  const root = claimed.replace(/\/$/, "");
  return root === "" || path === root || path.startsWith(`${root}/`);
};
