import { createHmac } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { KlsEvent } from "../events/event.ts";
import { numberText } from "../events/exact-json.ts";

/** Bytes of a hash: enough that two members never share one. */
const HASH_BYTES = 16;

/** Hashes that the member of an event is found by: of `memberId`, a number by its digits, and of `memberEmail` in lower case. */
export function memberHashes({ attributes }: Pick<KlsEvent, "attributes">, key: KeyObject): string[] {
  const id = textOf(own(attributes, "memberId"));
  const email = textOf(own(attributes, "memberEmail"));
  return [...(id === "" ? [] : [idHash(id, key)]), ...(email === "" ? [] : [emailHash(email, key)])];
}

/** Hashes of the member whom someone names, who may mean a `memberId` or a `memberEmail`. */
export function namedMemberHashes(name: string, key: KeyObject): string[] {
  return name.includes("@") ? [idHash(name, key), emailHash(name, key)] : [idHash(name, key)];
}

const idHash = (id: string, key: KeyObject): string => hash(`id\n${id}`, key);
const emailHash = (email: string, key: KeyObject): string => hash(`email\n${email.toLowerCase()}`, key);

/** Keyed, so that whoever reads the tables cannot find a member by trying addresses. */
function hash(text: string, key: KeyObject): string {
  return createHmac("sha256", key).update(text, "utf8").digest().subarray(0, HASH_BYTES).toString("base64url");
}

function own(attributes: KlsEvent["attributes"], name: string): unknown {
  return Object.hasOwn(attributes, name) ? attributes[name] : undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (numberText(value) ?? "");
}
