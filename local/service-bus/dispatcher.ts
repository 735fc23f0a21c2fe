import type { MessageStore } from "./store/message-store.ts";
import type { StoredMessage } from "./store/message.ts";
import type { ReceiveMode } from "./store/store-options.ts";

/** A receiver of messages: a link with credit. */
export interface Consumer {
  readonly mode: ReceiveMode;
  /** Whether it can take another message now. */
  ready(): boolean;
  deliver(message: StoredMessage): void;
}

/** Hands the messages of one store to its consumers, round-robin. */
export interface Dispatcher {
  add(consumer: Consumer): void;
  remove(consumer: Consumer): void;
  /** To be called when a message or credit may have arrived. */
  readonly pump: () => void;
}

/** A dispatcher without consumers. `store` is called only while pumping. */
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
