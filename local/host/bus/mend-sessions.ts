import Connection from "rhea/lib/connection.js";

/** Unsettled deliveries, with those settled behind the oldest of them, that a session holds; more than any test or day here brings. */
const SESSION_BUFFER = 1 << 20;

/**
 * Lets any number of messages pass one that is held for long. The SDK's AMQP library keeps deliveries in a ring of 2,048, from the oldest that
 * is not settled: one message that is held for 30 s stops all others once 2,048 came behind it. The real host is .NET, whose sessions have no such
 * ring.
 */
export function mendSessions(): void {
  const create = Connection.prototype.create_session;
  Connection.prototype.create_session = function createSession(bufferSize = SESSION_BUFFER): unknown {
    return create.call(this, bufferSize);
  };
}
