/** Who wants the event; when nobody does, a webhook towards the development partner, so that a first event goes somewhere. */
import type { EventType } from "../../shared/core/event-types.ts";
import { wants } from "../../shared/core/matching.ts";
import { ApiRefusal } from "./api.ts";
import type { ScopeApi, ShownWebhook } from "./api.ts";

const NAME = "Sample: partner";
const PATH = "/in/sample";

/** Webhooks that take the event, and what was done to have one, in words. */
export interface Wanted {
  readonly webhooks: readonly ShownWebhook[];
  readonly done?: string;
}

/** The webhook as it goes to the API. @param partner base URL of the development partner. */
function sampleWebhook(partner: string): object {
  return {
    name: NAME,
    description: "Made by npm run publish: tells the development partner of every event.",
    url: partner + PATH,
    headers: [{ key: "Content-Type", value: "application/json" }],
    body: '{"event":"{{event.id}}","type":"{{event.type}}","to":"{{memberEmail}}","name":"{{firstName}}","points":{{points}},"reward":{{reward}}}',
  };
}

/**
 * The enabled webhooks of the scope that take events of this type. Without one, and if `sample` allows it, the sample webhook is created. A
 * sample webhook of an earlier run is led to where the partner is now: its port may be another one.
 */
export async function wantedBy(
  type: EventType,
  api: Pick<ScopeApi, "webhooks" | "createWebhook" | "replaceWebhook">,
  partner: string,
  sample: boolean,
): Promise<Wanted> {
  const wanting = async (): Promise<ShownWebhook[]> =>
    (await api.webhooks()).filter((webhook) => wants(webhook, { type }));
  const webhooks = await wanting();
  const astray = webhooks.find((webhook) => isSample(webhook) && webhook.url !== partner + PATH);
  if (astray !== undefined) {
    const mended = await api.replaceWebhook(astray.id, sampleWebhook(partner));
    return {
      webhooks: webhooks.map((webhook) => (webhook === astray ? mended : webhook)),
      done: `“${NAME}” goes to ${mended.url} now, where the partner is.`,
    };
  }
  if (webhooks.length > 0 || !sample) return { webhooks };
  try {
    const created = await api.createWebhook(sampleWebhook(partner));
    return { webhooks: [created], done: `No webhook wanted ${type} yet: “${NAME}” was created, to ${created.url}.` };
  } catch (thrown) {
    // Another run was faster, or somebody's webhook of that name does not want the event.
    if (!(thrown instanceof ApiRefusal) || thrown.code !== "name-taken") throw thrown;
    return { webhooks: await wanting() };
  }
}

function isSample({ name, url }: ShownWebhook): boolean {
  return name === NAME && /^https:\/\/localhost:\d+\/in\/sample$/.test(url);
}
