import { lookup as systemLookup } from "node:dns";
import type { LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import { Trouble } from "../lib/errors.ts";
import { AddressRefusedError } from "./errors.ts";
import { isPublicAddress, literalAddress, refusalMessage } from "../core/address-policy.ts";

/** Resolves every address of a name. */
export type Resolve = (name: string, done: (error: Error | null, addresses: readonly LookupAddress[]) => void) => void;

export interface GuardOptions {
  /** Exact `host:port` places that may be called whatever their address is; empty on Azure. */
  readonly allow: readonly string[];
  /** Called with each refused name and the address that it resolved to: for the operator's log, since callers are not told. */
  readonly onRefused?: (name: string, address: string) => void;
  /** The system's resolver by default; tests pass their own. */
  readonly resolve?: Resolve;
}

/** Whether `host:port` is exempt. The default port 443 counts as written. */
export function isExempt(host: string, port: string, options: GuardOptions): boolean {
  const place = `${host.toLowerCase()}:${port === "" ? "443" : port}`;
  return options.allow.some((allowed) => allowed.toLowerCase() === place);
}

/**
 * Why this URL may not be called, as far as its text says: an address that is not public. A literal address never reaches `lookup`, so it is
 * checked here. Undefined when nothing is wrong with it; names are checked when connecting.
 */
export function refusalOf(url: URL, options: GuardOptions): string | undefined {
  const address = literalAddress(url.hostname);
  if (address === undefined || isPublicAddress(address) || isExempt(url.hostname, url.port, options)) return undefined;
  return refusalMessage();
}

/**
 * A `lookup` for `net.connect` that returns public addresses only, so that what was checked is what is connected to: a name that changes its
 * address between check and connection gains nothing. A name with one refused address among good ones is refused entirely: no honest receiver
 * is published like that. Supports both forms that Node asks for, one address and `all: true`.
 */
export function guardedLookup(options: GuardOptions): LookupFunction {
  const resolve = options.resolve ?? systemResolve;
  return (name, asked, callback) => {
    resolve(name, (error, addresses) => {
      const refused = addresses.find(({ address }) => !isPublicAddress(address));
      if (!error && refused) options.onRefused?.(name, refused.address);
      const wanted = addresses.filter(({ family }) => !asked.family || asked.family === family);
      const first = wanted[0];
      if (error) callback(error, "", 0);
      else if (refused) callback(new AddressRefusedError(refusalMessage(name)), "", 0);
      else if (!first) callback(notFound(name), "", 0);
      else if (asked.all) callback(null, [...wanted]);
      else callback(null, first.address, first.family);
    });
  };
}

/** An unguarded `lookup` over the same resolver, for exempt places. */
export function plainLookup(options: GuardOptions): LookupFunction {
  const resolve = options.resolve ?? systemResolve;
  return (name, asked, callback) => {
    resolve(name, (error, addresses) => {
      const first = addresses[0];
      if (error) callback(error, "", 0);
      else if (!first) callback(notFound(name), "", 0);
      else if (asked.all) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    });
  };
}

function notFound(name: string): NodeJS.ErrnoException {
  return Object.assign(new Trouble(`no address for ${name}`), { code: "ENOTFOUND" });
}

/**
 * Resolves a name once at a time, for all who ask meanwhile. The system resolves names on four threads that the whole process shares, and one
 * name with silent servers would occupy them all.
 */
export function askedOnce(resolve: Resolve): Resolve {
  const asked = new Map<string, Parameters<Resolve>[1][]>();
  return (name, done) => {
    const others = asked.get(name);
    if (others) {
      others.push(done);
      return;
    }
    const all = [done];
    asked.set(name, all);
    resolve(name, (error, addresses) => {
      asked.delete(name);
      for (const one of all) one(error, addresses);
    });
  };
}

const systemResolve = askedOnce((name, done) => {
  systemLookup(name, { all: true }, (error, addresses) => {
    done(error, error ? [] : addresses);
  });
});
