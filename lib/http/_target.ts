import { type AllowList, bareHost } from "./_allow_list.ts";
import { addressKind, parseAddress } from "./addresses.ts";
import { AddressRefusedError, UrlRefusedError } from "./errors.ts";

/** The port that a URL leads to. */
export function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

/**
 * Checks what can be checked before anything is asked: a host that is a name
 * is looked at again when its addresses are known.
 *
 * @throws {UrlRefusedError} Scheme, credentials or port.
 * @throws {AddressRefusedError} The host is a private address.
 */
export function checkTarget(url: URL, allow: AllowList): void {
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new UrlRefusedError(
      url,
      `its scheme "${url.protocol.slice(0, -1)}" is not http or https`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new UrlRefusedError(
      url,
      "it holds a user or password; send them in the header Authorization",
    );
  }
  const port = portOf(url);
  // Mail, shells and databases listen there, and can be talked into much.
  const common = port === 80 || port === 443 || port >= 1024;
  if (!common && !allow.portOf(url.hostname, port)) {
    throw new UrlRefusedError(
      url,
      `its port ${port} is not 80, 443 or one from 1024; name "${url.host}" in "allow" if it is meant`,
    );
  }
  const host = bareHost(url.hostname);
  if (parseAddress(host) !== undefined) {
    permittedAddresses(url, [host], allow);
  }
}

/**
 * The addresses of a host that may be connected to.
 *
 * @throws {AddressRefusedError} None may.
 */
export function permittedAddresses(
  url: URL,
  addresses: readonly string[],
  allow: AllowList,
): string[] {
  const port = portOf(url);
  if (allow.name(url.hostname, port)) return [...addresses];
  const permitted = addresses.filter((address) =>
    addressKind(address) === "public" || allow.address(address, port)
  );
  if (permitted.length === 0) {
    throw new AddressRefusedError(
      url,
      addresses,
      [...new Set(addresses.map(addressKind))].join(", "),
    );
  }
  return permitted;
}
