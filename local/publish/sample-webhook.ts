/** The webhooks that match the event; when there are none, a new one to the development partner, so that a first event is delivered. */
import type { EventType } from "../../shared/contract/event-types.ts";
import { matches } from "../../shared/core/deliveries/matching.ts";
import { ApiRefusal } from "./api.ts";
import type { ScopeApi, ShownWebhook } from "./api.ts";

const NAME = "Sample: partner";

/** Webhooks that match the event, and what was changed about them, in words. */
export interface Targets {
  readonly webhooks: readonly ShownWebhook[];
  readonly changes: readonly string[];
}

/** The address of the development partner, and its addresses in earlier runs of this stack. */
export interface PartnerPlace {
  readonly url: string;
  readonly earlierUrls: readonly string[];
}

type Calls = Pick<ScopeApi, "webhooks" | "createWebhook" | "replaceWebhook">;

/** The webhook as it goes to the API. @param partner base URL of the development partner. */
function sampleWebhook(partner: string): object {
  return {
    name: NAME,
    description: "Created by npm run publish: sends every event to the development partner.",
    url: `${partner}/in/sample`,
    headers: [{ key: "Content-Type", value: "application/json" }],
    body: '{"event":"{{event.id}}","type":"{{event.type}}","to":"{{memberEmail}}","name":"{{firstName}}","points":{{points}},"reward":{{reward}}}',
  };
}

/**
 * The enabled webhooks of the scope that match events of this type. When there are none and `sample` is set, the sample webhook is created. Those
 * with an earlier address of the partner get its present one: the port may have changed, and the earlier one refuses connections.
 */
export async function targetsOf(type: EventType, api: Calls, partner: PartnerPlace, sample: boolean): Promise<Targets> {
  const matching = async (): Promise<ShownWebhook[]> =>
    (await api.webhooks()).filter((webhook) => matches(webhook, { type }));
  const changes: string[] = [];
  const webhooks: ShownWebhook[] = [];
  for (const webhook of await matching()) {
    const url = movedUrl(webhook.url, partner);
    webhooks.push(url === undefined ? webhook : await moveWebhook(webhook, url, api, changes));
  }
  if (webhooks.length > 0 || !sample) return { webhooks, changes };
  try {
    const created = await api.createWebhook(sampleWebhook(partner.url));
    return { webhooks: [created], changes: [`No webhook matched ${type}: created “${NAME}” to ${created.url}.`] };
  } catch (thrown) {
    // Another run was faster, or a webhook of that name does not match the event.
    if (!(thrown instanceof ApiRefusal) || thrown.code !== "name-taken") throw thrown;
    return { webhooks: await matching(), changes };
  }
}

/** The URL with the partner's present address; undefined when it does not have an earlier one. */
function movedUrl(url: string, partner: PartnerPlace): string | undefined {
  const earlier = partner.earlierUrls.find((address) => address !== partner.url && url.startsWith(`${address}/`));
  return earlier === undefined ? undefined : partner.url + url.slice(earlier.length);
}

/** Fields that the API returns but does not accept. */
const READ_ONLY = new Set(["id", "enabled", "pausedReason", "createdAt", "updatedAt", "health", "signing"]);

async function moveWebhook(webhook: ShownWebhook, url: string, api: Calls, changes: string[]): Promise<ShownWebhook> {
  const { id, name } = webhook;
  const own = Object.fromEntries(Object.entries(webhook).filter(([key]) => !READ_ONLY.has(key)));
  try {
    const changed = await api.replaceWebhook(id, { ...own, url });
    changes.push(`“${name}” now points to ${url}, the present address of the partner.`);
    return changed;
  } catch (thrown) {
    // A new address requires the secrets again, which are not known here.
    if (!(thrown instanceof ApiRefusal)) throw thrown;
    changes.push(
      `“${name}” points to ${webhook.url}, an earlier address of the partner: change it to ${url}. ${thrown.message}`,
    );
    return webhook;
  }
}
