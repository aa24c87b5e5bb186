import type ipaddr from "ipaddr.js";
import { parseAddress } from "./addresses.ts";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

interface Entry {
  /** Undefined: any port. */
  port: number | undefined;
  /** A host name, or the addresses of a range. */
  what: { name: string } | { range: [Address, number] };
}

/** Whom a client may ask besides the public Internet. */
export interface AllowList {
  /** Whether a port other than 80, 443 and those from 1024 is allowed. */
  portOf(hostname: string, port: number): boolean;
  /** Whether the host is allowed by its name, whatever its addresses are. */
  name(hostname: string, port: number): boolean;
  /** Whether the address is allowed by its number. */
  address(address: string, port: number): boolean;
}

/** `FOO.` and `foo` are one host; IPv6 hosts of URLs stand in brackets. */
export function bareHost(hostname: string): string {
  return hostname.toLowerCase().replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}

/**
 * Reads the entries of `allow`: `name`, `name:port`, `address`,
 * `address:port`, `[v6]:port`, `address/bits`.
 *
 * @throws {TypeError} An entry is none of these.
 */
export function createAllowList(entries: readonly string[]): AllowList {
  const list = entries.map(parseEntry);
  const portMatches = (entry: Entry, port: number) =>
    entry.port === undefined || entry.port === port;

  function name(hostname: string, port: number): boolean {
    const bare = bareHost(hostname);
    return list.some((entry) =>
      "name" in entry.what && entry.what.name === bare &&
      portMatches(entry, port)
    );
  }
  function address(text: string, port: number): boolean {
    const parsed = parseAddress(text);
    if (parsed === undefined) return false;
    return list.some(({ what, port: only }) => {
      if (!("range" in what)) return false;
      const [start, bits] = what.range;
      return start.kind() === parsed.kind() && parsed.match(start, bits) &&
        (only === undefined || only === port);
    });
  }
  return {
    name,
    address,
    portOf: (hostname, port) =>
      name(hostname, port) || address(bareHost(hostname), port),
  };
}

function parseEntry(text: string): Entry {
  const range = parseRange(text);
  if (range !== undefined) return { port: undefined, what: { range } };
  // A URL parser reads names, ports and odd spellings as fetch() does.
  const bare = parseAddress(text);
  const host = bare?.kind() === "ipv6" ? `[${text}]` : text;
  const url = URL.parse(`http://${host}`);
  const plain = /^[^/?#@\\\s]+$/.test(text) && url !== null;
  if (!plain || !/[^.]/.test(url.hostname)) {
    throw new TypeError(
      `Cannot allow "${text}": it is no host, host:port, address, address:port or address/bits`,
    );
  }
  const port = /:(\d+)$/.test(host) && !host.endsWith("]")
    ? Number(url.port || 80)
    : undefined;
  const name = bareHost(url.hostname);
  const address = parseAddress(name);
  return {
    port,
    what: address === undefined
      ? { name }
      : { range: [address, address.kind() === "ipv4" ? 32 : 128] },
  };
}

function parseRange(text: string): [Address, number] | undefined {
  const [, address, bits] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  if (address === undefined) return undefined;
  const start = parseAddress(address);
  const most = start?.kind() === "ipv4" ? 32 : 128;
  if (start === undefined || Number(bits) > most) return undefined;
  // `::ffff:10.0.0.0/104` was read as 10.0.0.0: its bits count differently.
  if (start.kind() === "ipv4" && address.includes(":")) return undefined;
  return [start, Number(bits)];
}
