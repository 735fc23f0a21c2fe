/** When each function last handled a message, kept where every instance of the app can read it. */
export interface Heartbeats {
  /** Notes that this client's function handled a message. @throws when the tables cannot be written, or `signal` aborts */
  beat(client: string, functionName: string, at: Date, signal: AbortSignal): Promise<void>;
  /** Time by function name, of all clients. @throws when the tables cannot be read, or `signal` aborts */
  all(signal: AbortSignal): Promise<ReadonlyMap<string, Date>>;
}

/** What operators do with one client's bus, beside delivering from it. */
export interface OperatedBus {
  /**
   * Resolves when the app may now receive from the queue of deliveries and send to it. Takes no message and sends none.
   * @throws with the reason when it may not, the bus cannot be reached, or `signal` aborts
   */
  check(signal: AbortSignal): Promise<void>;
  /**
   * Puts an event on the client's topic.
   * @param id unique: the topic drops a second one with it
   * @throws when the bus does not take it, or `signal` aborts
   */
  publish(id: string, body: string, signal: AbortSignal): Promise<void>;
}
