/**
 * Names below `localhost` lead to this machine, as RFC 6761 section 6.3 has it; the resolver of Linux does not do so everywhere. For
 * tests whose server must have a name with a dot; `node --import` brings it into another process.
 */
import dns from "node:dns";
import type { LookupAddress, LookupOptions } from "node:dns";

type Found = (error: Error | null, address: string | LookupAddress[], family?: number) => void;
const { lookup } = dns;

function lookupLocal(name: string, options: LookupOptions, found: Found): void {
  lookup(name.endsWith(".localhost") ? "localhost" : name, options, found);
}
Object.assign(dns, { lookup: lookupLocal });
