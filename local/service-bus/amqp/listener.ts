import { once } from "node:events";
import type { Server, Socket } from "node:net";
import { amqp } from "./amqp-library.ts";
import type { AmqpConnection, AmqpContainer, AmqpContext, AmqpLink, AmqpSender, AmqpSession } from "./amqp-library.ts";
import { createConnection } from "./connection.ts";
import type { Connection, ConnectionDeps } from "./connection.ts";
import { BATCH_FORMAT } from "./inbound-link.ts";

/** AMQP listeners of one namespace. */
export interface Listener {
  /** Listens on the port, or on a free one when it is 0 or in use. Returns the port. */
  listen(port: number, tls?: { readonly key: string; readonly cert: string }): Promise<number>;
  /** Drops every connection, as a network failure would. */
  dropConnections(): void;
  close(): Promise<void>;
}

/** A format that rhea does not know, so that it passes on the raw bytes of a message. */
const RAW_FORMAT = 0x0bad_f00d;

/** Deliveries from the oldest unsettled one on: so large that one slow message blocks no other, as on the service. */
const MAX_UNSETTLED = 1 << 20;
/** Messages that a sender may have in flight. */
const INCOMING_WINDOW = 2_048;
/** As in the Open frame of the service. */
const MAX_FRAME_SIZE = 65_536;
const IDLE_MS = 120_000;

/** Serves a namespace. `report` gets internal errors, one line each. */
export function createListener(deps: ConnectionDeps, report: (line: string) => void): Listener {
  const container = amqp.create_container({ autoaccept: false, autosettle: false, treat_modified_as_released: false });
  // Every client is accepted: rights come from the tokens sent to $cbs. MSSBCBS is the name of the service for that.
  for (const mechanism of ["ANONYMOUS", "MSSBCBS"])
    container.sasl_server_mechanisms[mechanism] = () => ({
      outcome: true,
      username: mechanism,
      start: () => undefined,
    });
  const connections = new Map<AmqpConnection, Connection>();
  const open = new Set<AmqpConnection>();
  const servers: Server[] = [];
  const sockets = new Set<Socket>();

  wire(container, report, {
    of: (connection) => {
      const known = connections.get(connection) ?? createConnection(deps);
      connections.set(connection, known);
      return known;
    },
    end: (connection) => {
      connections.get(connection)?.end();
      connections.delete(connection);
    },
  });

  /** By rhea's own means: destroying the socket would leave its heartbeats running. */
  const dropConnections = (): void => {
    for (const connection of [...open]) connection.abort_socket(connection.socket);
  };

  container.on("connection_open", ({ connection }) => {
    open.add(connection);
    connection.socket.once("close", () => open.delete(connection));
  });

  return {
    listen: async (port, tls) => {
      const base = {
        host: "127.0.0.1",
        max_frame_size: MAX_FRAME_SIZE,
        idle_time_out: IDLE_MS,
        tcp_no_delay: true,
        session_buffer_size: { outgoing: MAX_UNSETTLED, incoming: INCOMING_WINDOW },
      };
      const options = { ...base, ...(tls && { transport: "tls", ...tls }) };
      const server = await listening(container, { ...options, port }).catch((error: unknown) => {
        if (port !== 0 && error instanceof Error && "code" in error && error.code === "EADDRINUSE")
          return listening(container, { ...options, port: 0 });
        throw error;
      });
      servers.push(server);
      server.on("connection", (socket: Socket) => {
        sockets.add(socket);
        socket.once("close", () => sockets.delete(socket));
      });
      const address = server.address();
      return typeof address === "object" && address !== null ? address.port : port;
    },
    dropConnections,
    close: async () => {
      dropConnections();
      // Sockets that never spoke AMQP would keep the server open.
      for (const socket of sockets) socket.destroy();
      await Promise.all(
        servers.map(async (server) => {
          await new Promise((resolve) => server.close(resolve));
        }),
      );
    },
  };
}

async function listening(container: AmqpContainer, options: Readonly<Record<string, unknown>>): Promise<Server> {
  const server = container.listen(options);
  await once(server, "listening");
  return server;
}

interface Connections {
  of(connection: AmqpConnection): Connection;
  end(connection: AmqpConnection): void;
}

/** Handlers must not throw: rhea then closes the socket silently. */
function wire(container: AmqpContainer, report: (line: string) => void, connections: Connections): void {
  const on = (event: string, handle: (connection: Connection, context: AmqpContext) => void): void => {
    container.on(event, (context) => {
      try {
        handle(connections.of(context.connection), context);
      } catch (error) {
        report(`${event}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        context.connection.close({ condition: "amqp:internal-error", description: String(error) });
      }
    });
  };
  const withSender = (
    event: string,
    handle: (connection: Connection, link: AmqpSender, context: AmqpContext) => void,
  ): void => {
    on(event, (connection, context) => {
      if (context.sender !== undefined) handle(connection, context.sender, context);
    });
  };
  const withReceiver = (
    event: string,
    handle: (connection: Connection, link: AmqpLink, context: AmqpContext) => void,
  ): void => {
    on(event, (connection, context) => {
      if (context.receiver !== undefined) handle(connection, context.receiver, context);
    });
  };

  on("session_open", (_connection, { session }) => {
    if (session !== undefined) handOverBytes(session);
  });
  withReceiver("receiver_open", (connection, link) => {
    connection.openInbound(link);
  });
  withSender("sender_open", (connection, link) => {
    connection.openOutbound(link);
  });
  withReceiver("message", (connection, link, { message, format, delivery }) => {
    if (delivery === undefined || !Buffer.isBuffer(message)) throw new Error("a transfer arrived without its bytes");
    connection.onTransfer(link, message, format === BATCH_FORMAT ? BATCH_FORMAT : 0, delivery);
  });
  withSender("sender_flow", (connection, link) => {
    connection.onFlow(link);
  });
  for (const kind of ["accepted", "rejected", "released", "modified"] as const)
    withSender(kind, (connection, link, { delivery }) => {
      if (delivery !== undefined) connection.onOutcome(kind, link, delivery);
    });
  // Settled without an outcome: the client dropped the delivery. The message stays locked, but the delivery must leave rhea's ring.
  withSender("settled", (_connection, _link, { delivery }) => {
    if (delivery?.settled === false) delivery.update(true);
  });
  withSender("sender_close", (connection, link) => {
    connection.closeLink(link);
  });
  withReceiver("receiver_close", (connection, link) => {
    connection.closeLink(link);
  });
  on("session_close", (connection, { session }) => {
    if (session !== undefined) connection.closeSession(session);
  });
  for (const event of ["connection_close", "disconnected"])
    container.on(event, (context) => {
      connections.end(context.connection);
    });
  // However clients end: without a listener, rhea prints or throws these.
  for (const event of [
    "error",
    "protocol_error",
    "connection_error",
    "session_error",
    "sender_error",
    "receiver_error",
  ])
    container.on(event, () => undefined);
}

function handOverBytes(session: AmqpSession): void {
  const onTransfer = session.on_transfer.bind(session);
  session.on_transfer = (frame) => {
    if (frame.performative.message_format === 0) frame.performative.message_format = RAW_FORMAT;
    onTransfer(frame);
  };
}
