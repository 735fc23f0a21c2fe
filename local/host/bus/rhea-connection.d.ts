/** The internals of rhea, pinned by local/service-bus/amqp/amqp-library.ts, as far as the stand-in host patches them. */
declare module "rhea/lib/connection.js" {
  interface Connection {
    create_session: (this: Connection, bufferSize?: number) => unknown;
  }
  const Connection: { readonly prototype: Connection };
  export = Connection;
}
