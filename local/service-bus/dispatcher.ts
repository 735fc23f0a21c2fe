import type { MessageStore } from "./store/message-store.ts";
import type { StoredMessage } from "./store/message.ts";
import type { ReceiveMode } from "./store/store-options.ts";

/** Someone who wants messages: a receiving link with credit. */
export interface Consumer {
  readonly mode: ReceiveMode;
  /** Whether it can take one more message now. */
  ready(): boolean;
  deliver(message: StoredMessage): void;
}

/** Hands the messages of one store to those who wait for them, one each in turn. */
export interface Dispatcher {
  add(consumer: Consumer): void;
  remove(consumer: Consumer): void;
  /** Call when a message or credit may have come. */
  readonly pump: () => void;
}

/** A dispatcher without consumers. `store` is asked for only while pumping. */
export function createDispatcher(store: () => MessageStore): Dispatcher {
  const consumers: Consumer[] = [];

  const nextReady = (): Consumer | undefined => {
    const index = consumers.findIndex((consumer) => consumer.ready());
    const [chosen] = index < 0 ? [] : consumers.splice(index, 1);
    if (chosen !== undefined) consumers.push(chosen);
    return chosen;
  };

  return {
    add: (consumer) => {
      consumers.push(consumer);
    },
    remove: (consumer) => {
      const index = consumers.indexOf(consumer);
      if (index >= 0) consumers.splice(index, 1);
    },
    pump: () => {
      for (let consumer = nextReady(); consumer !== undefined; consumer = nextReady()) {
        const message = store().take(consumer.mode);
        if (message === undefined) return;
        consumer.deliver(message);
      }
    },
  };
}
