import ipaddr from "ipaddr.js";

/**
 * Networks that the registries call global but that are no place for a webhook: Azure's platform address, and every form of IPv6
 * that carries an IPv4 address (RFC 4291 section 2.5.5, RFC 6052, RFC 8215, RFC 3056, RFC 4380, RFC 2765).
 */
const ALSO_REFUSED = [
  "168.63.129.16/32",
  "192.88.99.0/24",
  "192.31.196.0/24",
  "192.52.193.0/24",
  "192.175.48.0/24",
].map((range) => ipaddr.IPv4.parseCIDR(range));

/** All that is allocated as global unicast in IPv6 (RFC 4291 section 2.4); what lies outside is special or unassigned. */
const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Whether `address` (an IPv4 or IPv6 address as text, without brackets) is one that webhooks may call: global unicast and
 * nothing else, by the IANA special-purpose address registries (RFC 6890). Text that is not an address is refused.
 */
export function isPublicAddress(address: string): boolean {
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) {
    const parsed = ipaddr.IPv4.parse(address);
    return parsed.range() === "unicast" && !ALSO_REFUSED.some((network) => parsed.match(network));
  }
  // A zone (fe80::1%eth0) names one of our own interfaces.
  if (address.includes("%") || !ipaddr.IPv6.isValid(address)) return false;
  const parsed = ipaddr.IPv6.parse(address);
  return parsed.range() === "unicast" && parsed.match(GLOBAL_UNICAST_V6) && !isIsatap(parsed);
}

/** Whether the interface id is one of ISATAP, which carries an IPv4 address behind any prefix (RFC 5214, section 6.1: the two flag bits may be set). */
function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return ((parts[4] ?? 0) & 0xfcff) === 0 && parts[5] === 0x5efe;
}

/**
 * The text for a refused address. It never names the address: callers read it, and whoever may configure a URL could else have our resolver
 * tell them the addresses of inner names, one by one.
 * @param name the name that led there; undefined when the URL's host is the address itself
 */
export function refusalMessage(name?: string): string {
  const which = name === undefined ? "The host of the URL is" : `The name ${name} leads to`;
  return `${which} an address that is not public; webhooks may only call public addresses.`;
}

const FOUR_PARTS = /^[\d.]+$/;

/**
 * The IP address that a URL's host is, or undefined for a name. `host` is `URL.hostname`, in which the WHATWG parser has turned
 * every spelling of an IPv4 address (hexadecimal, octal, one number) into four decimals and IPv6 stands in brackets.
 */
export function literalAddress(host: string): string | undefined {
  if (host.startsWith("[")) return host.slice(1, host.endsWith("]") ? -1 : undefined);
  // Asked for every request, and nearly always a name: the parser is left alone then.
  if (host.includes(":") || (FOUR_PARTS.test(host) && ipaddr.IPv4.isValidFourPartDecimal(host))) return host;
  return undefined;
}
