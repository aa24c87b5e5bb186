import { WorkFigures } from "./work_figures.ts";
import { Heap, type HeapItem } from "./_heap.ts";
import type { Hold } from "./_hold.ts";
import { List } from "./_list.ts";
import { goesBefore, Waiter } from "./_waiter.ts";

/** Someone who waits for a host. */
export class HostWaiter extends Waiter<Hold> {
  /** Milliseconds from this request's start to the next one's to the host. */
  delayMs = 0;
}

type Place = "ready" | "delayed" | "idle";

/** One host: what is under way to it and what waits. */
export interface Host extends HeapItem {
  readonly name: string;
  readonly perHost: number;
  readonly queue: Heap<HostWaiter>;
  readonly holds: List<Hold>;
  readonly figures: WorkFigures;
  /** Before it no request starts. */
  nextStart: number;
  /** The heap that it is in. */
  place: Place | undefined;
}

const startsBefore = (a: Host, b: Host) => a.nextStart < b.nextStart;

/** All hosts with something to do, sorted by what they can do next. */
export class HostTable {
  readonly #hosts = new Map<string, Host>();
  /** With waiters, room, and no delay to keep. */
  readonly #ready = new Heap<Host>((a, b) =>
    goesBefore(a.queue.first!, b.queue.first!)
  );
  /** With waiters, room, and a delay to keep. */
  readonly #delayed = new Heap<Host>(startsBefore);
  /** With nothing but a delay to keep. */
  readonly #idle = new Heap<Host>(startsBefore);
  readonly #heaps = {
    ready: this.#ready,
    delayed: this.#delayed,
    idle: this.#idle,
  };

  get(name: string): Host | undefined {
    return this.#hosts.get(name);
  }

  add(name: string, perHost: number, now: number): Host {
    const host: Host = {
      name,
      perHost,
      queue: new Heap<HostWaiter>(goesBefore),
      holds: new List(),
      figures: new WorkFigures(now),
      nextStart: -Infinity,
      heapIndex: -1,
      place: undefined,
    };
    this.#hosts.set(name, host);
    return host;
  }

  /** Forgets the hosts that are idle and whose delay is over. */
  sweep(now: number): void {
    let host = this.#idle.first;
    while (host !== undefined && host.nextStart <= now) {
      this.place(host, now);
      host = this.#idle.first;
    }
  }

  get size(): number {
    return this.#hosts.size;
  }

  values(): Iterable<Host> {
    return this.#hosts.values();
  }

  /** Puts a host where it belongs; after any change to it. */
  place(host: Host, now: number): void {
    if (host.place !== undefined) this.#heaps[host.place].remove(host);
    host.place = undefined;
    if (host.queue.size > 0) {
      if (host.holds.size >= host.perHost) return;
      host.place = host.nextStart <= now ? "ready" : "delayed";
    } else {
      if (host.holds.size > 0) return;
      if (host.nextStart <= now) {
        this.#hosts.delete(host.name);
        return;
      }
      host.place = "idle";
    }
    this.#heaps[host.place].push(host);
  }

  /** The host whose turn it is: that of the oldest waiter that could start. */
  nextReady(now: number): Host | undefined {
    let late = this.#delayed.first;
    while (late !== undefined && late.nextStart <= now) {
      this.place(late, now);
      late = this.#delayed.first;
    }
    return this.#ready.first;
  }

  /** When the first delay is over for which somebody waits. */
  get nextDelayEnd(): number | undefined {
    return this.#delayed.first?.nextStart;
  }

  /** How many waiters their hosts would let start now. */
  get startable(): number {
    let sum = 0;
    for (const { queue, perHost, holds } of this.#ready) {
      sum += Math.min(queue.size, perHost - holds.size);
    }
    return sum;
  }
}
