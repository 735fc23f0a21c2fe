import { RETRY_MESSAGE_TYPE } from "../core/events/event.ts";
import { claimedMac, isAuthentic } from "../core/events/message-mac.ts";
import type { MessageKeys } from "../core/ports/secrets.ts";

/**
 * Why a message that claims to be our own is not proven to be, in words for operators; undefined when it is.
 * @param bytes the exact body
 * @param client whose bus it came over; another client's message has another key, so its MAC does not match
 * @throws when the client's keys cannot be read now
 */
export async function whyNotOurs(
  bytes: Uint8Array,
  client: string,
  keys: Pick<MessageKeys, "keyNamed">,
): Promise<string | undefined> {
  const only = `Only this app sends messages of type ${RETRY_MESSAGE_TYPE}, and this one is not proven to be its own:`;
  const claimed = claimedMac(bytes);
  if (!claimed) return `${only} it does not begin with a valid mac.`;
  const key = await keys.keyNamed(client, claimed.keyId);
  if (!key) return `${only} its mac names the key ${claimed.keyId}, which ${client} does not have.`;
  return isAuthentic(claimed, key.key)
    ? undefined
    : `${only} its mac does not match. It was changed, or made for another client.`;
}
