import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { buildConnector } from "undici";
import { AddressRefusedError } from "./errors.ts";
import { guardedLookup, isExempt, plainLookup, refusalOf } from "./guard.ts";
import type { GuardOptions } from "./guard.ts";
import { lenientSocket } from "./lenient-socket.ts";

/** How long connecting may take, including TLS, in milliseconds. */
export const CONNECT_TIMEOUT = 5_000;

/**
 * A connector for undici that opens TLS connections to public addresses only. Exemptions are by host *and* port, which a `lookup` does not
 * see, so the choice between the guarded and the plain one is made here.
 */
export function guardedConnector(options: GuardOptions): buildConnector.connector {
  const common = { allowH2: false, timeout: CONNECT_TIMEOUT };
  const guarded = buildConnector({ ...common, lookup: guardedLookup(options) });
  const plain = buildConnector({ ...common, lookup: plainLookup(options) });
  return (target, callback) => {
    const host =
      target.hostname.includes(":") && !target.hostname.startsWith("[") ? `[${target.hostname}]` : target.hostname;
    const connected: buildConnector.Callback = (...outcome) => {
      if (outcome[0] === null) callback(null, lenientSocket(outcome[1]));
      else callback(...outcome);
    };
    if (isExempt(host, target.port, options)) {
      plain(target, connected);
      return;
    }
    const url = URL.parse(`https://${host}:${target.port || "443"}/`);
    const refusal = url === null ? `${host} is not a host that can be called.` : refusalOf(url, options);
    if (refusal !== undefined) {
      callback(new AddressRefusedError(refusal), null);
      return;
    }
    guarded(target, connected);
  };
}

/**
 * Whether the peer of a connection asked for a client certificate: only then does it name the signature algorithms that it accepts. With TLS 1.3
 * it may refuse us after the handshake, in the middle of the request.
 * @see https://docs.openssl.org/3.5/man3/SSL_get_shared_sigalgs/
 */
export function asksForCertificate(socket: Socket): boolean {
  const known = asked.get(socket);
  if (known !== undefined) return known;
  const asks = socket instanceof TLSSocket && socket.getSharedSigalgs().length > 0;
  asked.set(socket, asks);
  return asks;
}

/** Of each connection, which is asked for every request and never answers otherwise. */
const asked = new WeakMap<Socket, boolean>();
