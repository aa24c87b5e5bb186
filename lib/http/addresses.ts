import ipaddr from "ipaddr.js";

/** `public`, or why an address is none: `loopback`, `private`, `linkLocal`. */
export type AddressKind = "public" | (string & Record<never, never>);

// Public by its number, but answered by the machine's own cloud: the agent of
// Azure, which hands out credentials.
const CLOUD_AGENTS = new Set(["168.63.129.16"]);
// What is routed on the Internet today (RFC 4291, 2.4); the rest of IPv6 is
// unassigned or special.
const [GLOBAL, GLOBAL_BITS] = ipaddr.IPv6.parseCIDR("2000::/3");
// Addresses of IPv4 as hosts without IPv4 see them (RFC 6052).
const [NAT64, NAT64_BITS] = ipaddr.IPv6.parseCIDR("64:ff9b::/96");

/**
 * Says whether an IP address is one of the public Internet, and if not, what
 * it is. Whatever carries an IPv4 address inside (IPv4-mapped, NAT64) is what
 * that address is. Kinds are those of `ipaddr.js`.
 *
 * @param address An address, as a resolver or a socket tells it; not a name.
 * @returns `public`, or what it is instead; `invalid` if it is no address.
 *
 * @example Usage
 * ```ts
 * import { addressKind } from "@loophound/toolkit/http";
 * import assert from "node:assert/strict";
 *
 * assert.equal(addressKind("1.1.1.1"), "public");
 * assert.equal(addressKind("169.254.169.254"), "linkLocal");
 * assert.equal(addressKind("::ffff:10.0.0.1"), "private");
 * ```
 */
export function addressKind(address: string): AddressKind {
  const parsed = parseAddress(address);
  if (parsed === undefined) return "invalid";
  if (parsed instanceof ipaddr.IPv4) {
    if (CLOUD_AGENTS.has(parsed.toString())) return "cloudAgent";
    const range = parsed.range();
    return range === "unicast" ? "public" : range;
  }
  if (parsed.match(NAT64, NAT64_BITS)) {
    const inner = new ipaddr.IPv4(parsed.toByteArray().slice(12));
    return addressKind(inner.toString());
  }
  const range = parsed.range();
  if (range !== "unicast") return range;
  return parsed.match(GLOBAL, GLOBAL_BITS) ? "public" : "unassigned";
}

/**
 * Reads an address; IPv4-mapped ones as the IPv4 address that is reached.
 * Only the usual spelling: `0x7f.1` is for URL parsers, which rewrite it.
 */
export function parseAddress(
  address: string,
): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) {
    return ipaddr.IPv4.parse(address);
  }
  if (!ipaddr.IPv6.isValid(address)) return undefined;
  const parsed = ipaddr.IPv6.parse(address);
  return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address() : parsed;
}
