import { setImmediate } from "node:timers";
import { getLogger } from "@logtape/logtape";

const logger = getLogger(["loophound", "progress"]);

/** What of a WebSocket is used here. */
export type Socket = Pick<
  WebSocket,
  "readyState" | "bufferedAmount" | "send" | "close" | "addEventListener"
>;

/** Options of {@linkcode createProgressSockets}. */
export interface ProgressSocketsOptions {
  /** The first socket is there. */
  onFirst: () => void;
  /** No socket is left. */
  onLast: () => void;
  /** Told how many there are whenever one comes or is gone. */
  onSize?: (size: number) => void;
  /** How all is now, for one that has missed messages; undefined: not known. */
  initial: () => string | undefined;
  /**
   * A socket with more unsent bytes is sent nothing until it has drained.
   *
   * @default {262_144}
   */
  maxBufferedBytes?: number;
  /**
   * One that does not drain for so long is closed, milliseconds.
   *
   * @default {60_000}
   */
  drainMs?: number;
  /**
   * One that says nothing for so long is sent `ping`, milliseconds.
   *
   * @default {30_000}
   */
  pingMs?: number;
  /** How often all this is looked at, milliseconds. @default {1_000} */
  tickMs?: number;
}

/** All WebSockets of this server. */
export interface ProgressSockets {
  readonly size: number;
  /** Takes care of a socket until it is closed. It is told nothing yet. */
  add(socket: Socket): void;
  /** Sends the first message and, from then on, all others. */
  welcome(socket: Socket): void;
  /** Sends to all that keep up, in order, a slice of them in each turn. */
  broadcast(text: string): void;
  close(code: number, reason: string): void;
}

interface Peer {
  socket: Socket;
  welcome: boolean;
  /** The first broadcast that it has not been told already, see `initial`. */
  next: number;
  /** Messages not sent since it fell behind. */
  missed: number;
  behindSince: number;
  /** When it last said something or was asked to. */
  quietSince: number;
  /** Messages from it since the last tick. */
  heard: number;
}

/** A message that is on its way to all. */
interface Broadcast {
  number: number;
  text: string;
  /** Who has not got it yet; those who come meanwhile are among them. */
  peers: Iterator<Peer>;
}

const open = 1;
/**
 * A send takes 20 to 40 µs, so two hundred of them held the loop for up to 9 ms:
 * after so long it is given back.
 */
const sliceMs = 1;
/** With more on their way, all fall behind until they are told how things are. */
const maxBroadcasts = 256;
/** A client has `ping` and `pong` to say. */
const maxMessageLength = 4_096;
const maxMessagesPerTick = 100;

/**
 * Keeps WebSockets: sends each of them what it can take and no more, so that
 * one that does not read costs a bounded buffer and delays nobody.
 *
 * A peer that is gone without a word is found by Deno's own ping and pong, see
 * `idleTimeout` where the socket is made.
 */
export function createProgressSockets(
  options: ProgressSocketsOptions,
): ProgressSockets {
  const {
    maxBufferedBytes = 256 * 1024,
    drainMs = 60_000,
    pingMs = 30_000,
    tickMs = 1_000,
  } = options;
  const peers = new Map<Socket, Peer>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let broadcasts = 0;
  const waiting: Broadcast[] = [];

  const miss = (peer: Peer) => {
    if (peer.missed++ === 0) peer.behindSince = performance.now();
  };
  const send = (peer: Peer, text: string) => {
    const { socket } = peer;
    if (socket.readyState !== open) return;
    if (peer.missed > 0 || socket.bufferedAmount > maxBufferedBytes) miss(peer);
    else socket.send(text);
  };
  const say = (peer: Peer, message: Record<string, unknown>) =>
    send(peer, JSON.stringify(message));
  const hear = (peer: Peer, data: unknown) => {
    peer.quietSince = performance.now();
    if (++peer.heard > maxMessagesPerTick) {
      peer.socket.close(1008, "Too many messages");
      return;
    }
    if (typeof data !== "string") {
      say(peer, { type: "error", detail: "Messages are text: JSON objects" });
    } else if (data.length > maxMessageLength) {
      peer.socket.close(1009, "The message is too long");
    } else {
      const type = typeOf(data);
      if (type === "ping") say(peer, { type: "pong" });
      else if (type !== "pong") {
        say(peer, {
          type: "error",
          detail: type === undefined
            ? 'A message is a JSON object with a "type"'
            : `There is no message "${type}"; there are ping and pong`,
        });
      }
    }
  };
  const catchUp = (peer: Peer, now: number) => {
    const { socket, missed } = peer;
    if (socket.bufferedAmount <= maxBufferedBytes / 4) {
      const text = options.initial();
      // Not known now: the next tick tells it.
      if (text === undefined) return;
      peer.missed = 0;
      peer.next = broadcasts;
      const since_ms = Math.round(now - peer.behindSince);
      say(peer, { type: "missed", count: missed, since_ms });
      send(peer, text);
    } else if (now - peer.behindSince > drainMs) {
      logger.info("Closing a WebSocket that has not read for {seconds} s", {
        seconds: Math.round(drainMs / 1000),
        missed,
      });
      socket.close(1013, "Too slow: come again");
    }
  };
  const tick = () => {
    const now = performance.now();
    for (const peer of peers.values()) {
      peer.heard = 0;
      if (peer.socket.readyState !== open) continue;
      if (peer.missed > 0) catchUp(peer, now);
      else if (peer.welcome && now - peer.quietSince >= pingMs) {
        peer.quietSince = now;
        say(peer, { type: "ping" });
      }
    }
  };

  const sendSlice = () => {
    const until = performance.now() + sliceMs;
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      const { number, text, peers: left } = first;
      for (let at = left.next(); !at.done; at = left.next()) {
        const peer = at.value;
        if (peer.welcome && peer.next <= number) send(peer, text);
        if (performance.now() < until) continue;
        setImmediate(sendSlice);
        return;
      }
      waiting.shift();
    }
  };

  return {
    get size() {
      return peers.size;
    },
    add(socket) {
      const peer: Peer = {
        socket,
        welcome: false,
        next: 0,
        missed: 0,
        behindSince: 0,
        quietSince: performance.now(),
        heard: 0,
      };
      peers.set(socket, peer);
      socket.addEventListener("message", ({ data }) => hear(peer, data));
      // Deno tells it twice when a peer does not answer its ping.
      socket.addEventListener("close", () => {
        if (!peers.delete(socket)) return;
        options.onSize?.(peers.size);
        if (peers.size > 0) return;
        clearInterval(timer);
        timer = undefined;
        options.onLast();
      });
      // What there is to say is said by `close`, which follows.
      socket.addEventListener("error", () => {});
      options.onSize?.(peers.size);
      if (peers.size > 1) return;
      timer = setInterval(tick, tickMs);
      options.onFirst();
    },
    welcome(socket) {
      const peer = peers.get(socket);
      const text = options.initial();
      if (peer === undefined || text === undefined) return;
      peer.welcome = true;
      peer.next = broadcasts;
      send(peer, text);
    },
    broadcast(text) {
      const number = broadcasts++;
      if (waiting.length === maxBroadcasts) {
        for (const peer of peers.values()) if (peer.welcome) miss(peer);
        return;
      }
      waiting.push({ number, text, peers: peers.values() });
      if (waiting.length === 1) sendSlice();
    },
    close(code, reason) {
      for (const { socket } of peers.values()) socket.close(code, reason);
    },
  };
}

/** The `type` of a message; undefined: it is none. */
function typeOf(text: string): string | undefined {
  try {
    const { type } = JSON.parse(text);
    return typeof type === "string" ? type.slice(0, 50) : undefined;
  } catch {
    return undefined;
  }
}
