import { lookup } from "node:dns/promises";
import { isIP, type LookupFunction, type Socket } from "node:net";
import { buildConnector } from "undici";
import { type AllowList, bareHost } from "./_allow_list.ts";
import { permittedAddresses } from "./_target.ts";

/** What a timer takes; more is none. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Answers the addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/** Asks the operating system, as any other program does. */
export async function systemResolve(hostname: string): Promise<string[]> {
  const found = await lookup(hostname, { all: true });
  return found.map(({ address }) => address);
}

/** Connects for undici, and gives up what is not connected yet. */
export interface Connector {
  readonly connect: buildConnector.connector;
  close(): void;
}

/**
 * Connects to addresses that were checked, and to no others: the host is
 * looked up once, here, so that a name server has no second answer to give
 * between the check and the connection. TLS still checks the name.
 *
 * Of what Deno 2.9.6 offers only this does: `Deno.createHttpClient` has no
 * resolver and sends no TLS to an address it is given, and `node:http` does
 * not end a request whose signal aborts.
 */
export function createConnector(
  { allow, resolve, timeoutMs, caCerts }: {
    allow: AllowList;
    resolve: Resolve;
    timeoutMs: number;
    caCerts: readonly string[] | undefined;
  },
): Connector {
  const pending = new Set<(error: Error) => void>();

  function connect(
    options: buildConnector.Options,
    callback: buildConnector.Callback,
  ): void {
    let socket: Socket | undefined;
    /** Tells undici, once, how it ended. */
    const settle = (...result: Parameters<buildConnector.Callback>) => {
      if (!pending.delete(giveUp)) return;
      clearTimeout(timer);
      callback(...result);
    };
    const giveUp = (error: Error) => {
      settle(error, null);
      socket?.destroy(error);
    };
    const timer = timeoutMs > LONGEST_TIMER_MS ? undefined : setTimeout(() => {
      const message = `no connection in ${timeoutMs} ms`;
      giveUp(codedError(message, "ETIMEDOUT"));
    }, timeoutMs);
    pending.add(giveUp);
    addressesOf(options).then(
      (addresses) => {
        if (!pending.has(giveUp)) return;
        socket = open(options, { addresses, callback: settle });
      },
      (error: Error) => settle(error, null),
    );
  }

  /** The host's addresses that may be connected to. */
  async function addressesOf(
    { protocol, hostname, port }: buildConnector.Options,
  ): Promise<string[]> {
    const url = new URL(`${protocol}//${hostname}`);
    url.port = port;
    const host = bareHost(hostname);
    const addresses = isIP(host) === 0 ? await resolve(host) : [host];
    if (addresses.length === 0) {
      throw codedError(`${host} has no address`, "ENOTFOUND");
    }
    return permittedAddresses(url, addresses, allow);
  }

  function open(
    options: buildConnector.Options,
    { addresses, callback }: {
      addresses: readonly string[];
      callback: buildConnector.Callback;
    },
  ): Socket {
    const connectTo = buildConnector({
      // Its own timers outlive the connection by half a second.
      timeout: 0,
      // The next address is tried when one does not answer.
      autoSelectFamily: true,
      lookup: answerWith(addresses),
      ...(caCerts === undefined ? {} : { ca: [...caCerts] }),
    });
    // It returns the socket, which its types do not say.
    return connectTo(options, callback) as unknown as Socket;
  }

  return {
    connect,
    close() {
      for (const giveUp of [...pending]) {
        giveUp(codedError("the HTTP client is closed", "ECONNABORTED"));
      }
    },
  };
}

function codedError(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

/** A lookup whose answer is known. */
function answerWith(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_hostname, { all: wantsAll }, callback) => {
    if (wantsAll) callback(null, all);
    else callback(null, all[0]!.address, all[0]!.family);
  };
}
