/** Who wants the event; when nobody does, a webhook towards the development partner, so that a first event goes somewhere. */
import type { EventType } from "../../shared/contract/event-types.ts";
import { matches } from "../../shared/core/deliveries/matching.ts";
import { ApiRefusal } from "./api.ts";
import type { ScopeApi, ShownWebhook } from "./api.ts";

const NAME = "Sample: partner";

/** Webhooks that take the event, and what was done to them first, in words. */
export interface Wanted {
  readonly webhooks: readonly ShownWebhook[];
  readonly done: readonly string[];
}

/** The development partner: where it is, and where it was in earlier runs of this stack. */
export interface PartnerPlace {
  readonly url: string;
  readonly earlierUrls: readonly string[];
}

type Calls = Pick<ScopeApi, "webhooks" | "createWebhook" | "replaceWebhook">;

/** The webhook as it goes to the API. @param partner base URL of the development partner. */
function sampleWebhook(partner: string): object {
  return {
    name: NAME,
    description: "Made by npm run publish: tells the development partner of every event.",
    url: `${partner}/in/sample`,
    headers: [{ key: "Content-Type", value: "application/json" }],
    body: '{"event":"{{event.id}}","type":"{{event.type}}","to":"{{memberEmail}}","name":"{{firstName}}","points":{{points}},"reward":{{reward}}}',
  };
}

/**
 * The enabled webhooks of the scope that take events of this type. Without one, and if `sample` allows it, the sample webhook is created. Those
 * that go to where the partner was in an earlier run are led to where it is: its port may be another one, and deliveries to the earlier one are
 * refused.
 */
export async function wantedBy(type: EventType, api: Calls, partner: PartnerPlace, sample: boolean): Promise<Wanted> {
  const wanting = async (): Promise<ShownWebhook[]> =>
    (await api.webhooks()).filter((webhook) => matches(webhook, { type }));
  const done: string[] = [];
  const webhooks: ShownWebhook[] = [];
  for (const webhook of await wanting()) {
    const url = followed(webhook.url, partner);
    webhooks.push(url === undefined ? webhook : await led(webhook, url, api, done));
  }
  if (webhooks.length > 0 || !sample) return { webhooks, done };
  try {
    const created = await api.createWebhook(sampleWebhook(partner.url));
    return { webhooks: [created], done: [`No webhook wanted ${type} yet: “${NAME}” was created, to ${created.url}.`] };
  } catch (thrown) {
    // Another run was faster, or somebody's webhook of that name does not want the event.
    if (!(thrown instanceof ApiRefusal) || thrown.code !== "name-taken") throw thrown;
    return { webhooks: await wanting(), done };
  }
}

/** The URL at the partner's present address; undefined when it does not name an earlier one. */
function followed(url: string, partner: PartnerPlace): string | undefined {
  const earlier = partner.earlierUrls.find((address) => address !== partner.url && url.startsWith(`${address}/`));
  return earlier === undefined ? undefined : partner.url + url.slice(earlier.length);
}

/** What the API adds to a webhook and does not take back. */
const READ_ONLY = new Set(["id", "enabled", "pausedReason", "createdAt", "updatedAt", "health", "signing"]);

async function led(webhook: ShownWebhook, url: string, api: Calls, done: string[]): Promise<ShownWebhook> {
  const { id, name } = webhook;
  const own = Object.fromEntries(Object.entries(webhook).filter(([key]) => !READ_ONLY.has(key)));
  try {
    const changed = await api.replaceWebhook(id, { ...own, url });
    done.push(`“${name}” goes to ${url} now, where the partner is.`);
    return changed;
  } catch (thrown) {
    // For another address its secrets are asked for again, and they are not known here.
    if (!(thrown instanceof ApiRefusal)) throw thrown;
    done.push(`“${name}” goes to ${webhook.url}, where the partner is no more: give it ${url}. ${thrown.message}`);
    return webhook;
  }
}
