import { amqp } from "./amqp-library.ts";
import type { AmqpDelivery, AmqpSender, RemoteOutcome } from "./amqp-library.ts";
import { lockLost, notAllowed } from "./conditions.ts";
import type { Consumer } from "../dispatcher.ts";
import type { Entity } from "../entities.ts";
import { tagOfToken, tokenOfTag } from "./lock-token.ts";
import type { MessageStore } from "../store/message-store.ts";
import { encodeMessage } from "./sections.ts";

export type OutcomeKind = "accepted" | "rejected" | "released" | "modified";

/** A link on which a client receives from an entity. */
export interface OutboundLink {
  /** The client granted credit or asked to drain it. */
  onFlow(): void;
  onOutcome(kind: OutcomeKind, delivery: AmqpDelivery): void;
  /** Delivers no more messages; those delivered stay locked until their locks expire, as on the service. */
  stop(): void;
}

const DEAD_LETTER = "com.microsoft:dead-letter";
const SETTLED = 1;

/** Serves an attached link. */
export function openOutbound(link: AmqpSender, entity: Entity): OutboundLink {
  const consumer: Consumer = {
    mode: link.snd_settle_mode === SETTLED ? "receive-and-delete" : "peek-lock",
    ready: () => link.is_open() && freeCredit(link) > 0 && link.session.outgoing.deliveries.available() > 0,
    deliver: (message) => {
      link.send(encodeMessage(message), message.lock && tagOfToken(message.lock.token), 0);
    },
  };
  answerEveryDrain(link);
  entity.dispatcher.add(consumer);

  const progress = (): void => {
    entity.dispatcher.pump();
    if (link._draining) link.set_drained(true);
  };

  return {
    onFlow: () => {
      progress();
      // A grant of credit has no reply to carry its TCP acknowledgment, and with Nagle's algorithm the client's next write would wait 40 ms for one.
      if (!link._draining) link.session._write_flow();
    },
    onOutcome: (kind, delivery) => {
      settle(delivery, apply(entity.store, kind, tokenOfTag(delivery.tag), delivery.remote_state));
      progress();
    },
    stop: () => {
      entity.dispatcher.remove(consumer);
    },
  };
}

/** rhea lowers `credit` only when a transfer is written; pending transfers have used theirs already. */
function freeCredit(link: AmqpSender): number {
  return link.credit - unwritten(link);
}

function unwritten(link: AmqpSender): number {
  return link.session.outgoing.next_delivery_id - link.session.outgoing.next_pending_delivery;
}

/** rhea answers a drain only while credit is left; a client that drains without any would wait forever. */
function answerEveryDrain(link: AmqpSender): void {
  link._get_drain = () => {
    if (!link._draining || unwritten(link) > 0) return false;
    link.delivery_count += link.credit;
    link.credit = 0;
    return true;
  };
}

type Answer = "done" | typeof lockLost;

function apply(store: MessageStore, kind: OutcomeKind, token: string, outcome: RemoteOutcome | undefined): Answer {
  const held = (done: boolean): Answer => (done ? "done" : lockLost);
  switch (kind) {
    case "accepted":
      return held(store.complete(token));
    case "released":
      return held(store.release(token));
    case "modified": {
      const changes = new Map(Object.entries(outcome?.message_annotations ?? {}));
      return held(outcome?.undeliverable_here === true ? store.defer(token, changes) : store.abandon(token, changes));
    }
    case "rejected":
      return store.canDeadLetter ? held(deadLetter(store, token, outcome?.error)) : alreadyDead;
  }
}

const alreadyDead = notAllowed("A message in a dead-letter queue cannot be dead-lettered again.");

function deadLetter(store: MessageStore, token: string, error: RemoteOutcome["error"]): boolean {
  const { DeadLetterReason, DeadLetterErrorDescription, ...changes } = error?.info ?? {};
  const reason = textOf(DeadLetterReason) ?? (error?.condition === DEAD_LETTER ? undefined : error?.condition);
  return store.deadLetter(token, reason, textOf(DeadLetterErrorDescription), new Map(Object.entries(changes)));
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** Answers an outcome. The client does not settle again, and rhea would keep the delivery in its ring forever: mark it settled at both ends. */
function settle(delivery: AmqpDelivery, answer: Answer): void {
  const { message } = amqp;
  delivery.update(
    true,
    answer === "done" ? message.accepted().described() : message.rejected({ error: answer }).described(),
  );
  delivery.remote_settled = true;
}
