import type { AmqpDelivery, AmqpError, AmqpLink, AmqpSender, AmqpSession } from "./amqp-library.ts";
import { allows, checkToken } from "./cbs.ts";
import type { Claim, SharedKey } from "./cbs.ts";
import { entityNotFound, notAllowed, notImplemented, unauthorized } from "./conditions.ts";
import type { Entities, Entity } from "../entities.ts";
import { pathOf } from "../entities.ts";
import { MAX_MESSAGE_BYTES, acceptTransfer } from "./inbound-link.ts";
import { runOperation } from "./management.ts";
import { openOutbound } from "./outbound-link.ts";
import type { OutboundLink, OutcomeKind } from "./outbound-link.ts";
import { decodeRequest, recordOf, reply, replyLink } from "./requests.ts";

/** What connections share in a namespace. `now` is in milliseconds since 1970. */
export interface ConnectionDeps {
  readonly entities: Entities;
  readonly shared: SharedKey;
  readonly now: () => number;
}

/** The broker's side of one client connection. */
export interface Connection {
  openInbound(link: AmqpLink): void;
  openOutbound(link: AmqpSender): void;
  onTransfer(link: AmqpLink, bytes: Buffer, format: number, delivery: AmqpDelivery): void;
  onFlow(link: AmqpSender): void;
  onOutcome(kind: OutcomeKind, link: AmqpSender, delivery: AmqpDelivery): void;
  closeLink(link: AmqpLink): void;
  closeSession(session: AmqpSession): void;
  /** The connection has ended. Locks on what it received stay until they expire. */
  end(): void;
}

const CBS = "$cbs";
const MANAGEMENT = /\/\$management$/i;
const SESSION_FILTER = "com.microsoft:session-filter";

/** Serves one connection. */
export function createConnection({ entities, shared, now }: ConnectionDeps): Connection {
  const claims = new Map<string, Claim>();
  const outbound = new Map<AmqpLink, OutboundLink>();
  const inbound = new Map<AmqpLink, Entity>();
  /** Request links of $cbs and $management, with the entity they are for. */
  const requests = new Map<AmqpLink, Entity | typeof CBS>();
  const replies = new Set<AmqpSender>();

  function entityFor(address: string): Entity | AmqpError {
    const path = address.replace(MANAGEMENT, "");
    const entity = entities.find(path);
    if (entity === undefined) return entityNotFound(address);
    // A token may cover the management node alone: the SDK's first operation on a connection has such a one.
    if (!allows(claims.values(), address, now()))
      return unauthorized(`Unauthorized access to '${pathOf(path)}': send a valid token for it to $cbs first.`);
    return entity;
  }

  function answerToken(link: AmqpLink, bytes: Buffer): void {
    const request = decodeRequest(bytes);
    const answer = checkToken(String(request.body), String(request.properties["name"]), shared, now());
    if ("claim" in answer) claims.set(answer.claim.path, answer.claim);
    const to = replyLink(replies, CBS, request.replyTo);
    if (to === undefined) throw new Error(`link ${link.name} sent a request to $cbs without a reply link`);
    reply(to, request, "claim" in answer ? { status: 202 } : { status: 401, error: unauthorized(answer.refused) });
  }

  function answerOperation(link: AmqpLink, entity: Entity, bytes: Buffer): void {
    const request = decodeRequest(bytes);
    const to = replyLink(replies, link.target?.address ?? "", request.replyTo);
    if (to === undefined)
      throw new Error(`link ${link.name} sent a request to ${entity.path}/$management without a reply link`);
    reply(
      to,
      request,
      runOperation(entity, { operation: String(request.properties["operation"]), body: recordOf(request.body) }),
    );
  }

  function forget(link: AmqpLink): void {
    outbound.get(link)?.stop();
    outbound.delete(link);
    inbound.delete(link);
    requests.delete(link);
    for (const known of replies) if (known === link) replies.delete(known);
  }

  return {
    openInbound: (link) => {
      const address = link.target?.address ?? "";
      // Some clients take an attach without source and target for a rejection.
      link.set_source({ address: link.source?.address ?? "" });
      link.set_target({ address });
      link.local.attach.max_message_size = MAX_MESSAGE_BYTES;
      if (link.target === null || link.target === undefined) {
        link.close(notImplemented("Transactions"));
        return;
      }
      if (address === CBS) {
        requests.set(link, CBS);
        return;
      }
      const entity = entityFor(address);
      if ("condition" in entity) link.close(entity);
      else if (MANAGEMENT.test(address)) requests.set(link, entity);
      else if (entity.kind !== "queue" && entity.kind !== "topic")
        link.close(notAllowed(`'${entity.path}' is not a queue or topic; messages cannot be sent to it.`));
      else inbound.set(link, entity);
    },
    openOutbound: (link) => {
      const address = link.source?.address ?? "";
      link.set_source({ address });
      link.set_target({ address: link.target?.address ?? "" });
      if (address === CBS || MANAGEMENT.test(address)) {
        replies.add(link);
        return;
      }
      link.local.attach.snd_settle_mode = link.snd_settle_mode ?? 0;
      link.local.attach.rcv_settle_mode = link.rcv_settle_mode ?? 0;
      const entity = entityFor(address);
      if ("condition" in entity) link.close(entity);
      else if (Object.hasOwn(link.source?.filter ?? {}, SESSION_FILTER)) link.close(notImplemented("Sessions"));
      else if (entity.kind === "topic")
        link.close(notAllowed(`'${entity.path}' is a topic; receive from one of its subscriptions.`));
      else if (entity.forwardTo !== undefined)
        link.close(
          notAllowed(
            `Cannot create a message receiver on '${entity.path}': auto-forwarding to '${entity.forwardTo}' is enabled on it.`,
          ),
        );
      else outbound.set(link, openOutbound(link, entity));
    },
    onTransfer: (link, bytes, format, delivery) => {
      const asked = requests.get(link);
      const entity = inbound.get(link);
      if (entity !== undefined) acceptTransfer(entity, bytes, format, delivery);
      else if (asked !== undefined) {
        delivery.accept();
        if (asked === CBS) answerToken(link, bytes);
        else answerOperation(link, asked, bytes);
      }
    },
    onFlow: (link) => outbound.get(link)?.onFlow(),
    onOutcome: (kind, link, delivery) => outbound.get(link)?.onOutcome(kind, delivery),
    closeLink: forget,
    closeSession: (session) => {
      for (const link of [...outbound.keys(), ...inbound.keys(), ...requests.keys(), ...replies])
        if (link.session === session) forget(link);
    },
    end: () => {
      for (const link of [...outbound.keys()]) forget(link);
    },
  };
}
