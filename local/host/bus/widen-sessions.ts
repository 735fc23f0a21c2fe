import Connection from "rhea/lib/connection.js";

/** Deliveries a session holds from its oldest unsettled one on; more than any test needs. */
const SESSION_BUFFER = 1 << 20;

/**
 * Keeps one slow message from blocking the rest. The SDK's AMQP library holds deliveries in a ring of 2,048 from the oldest unsettled one on: a
 * message held for 30 s blocks the session once 2,048 have followed it. The real host is .NET, whose sessions have no such limit.
 */
export function widenSessions(): void {
  const create = Connection.prototype.create_session;
  Connection.prototype.create_session = function createSession(bufferSize = SESSION_BUFFER): unknown {
    return create.call(this, bufferSize);
  };
}
