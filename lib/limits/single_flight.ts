import { type Aborted, joinSignal, leaveSignal } from "./_aborts.ts";

/** Options of {@linkcode SingleFlight.run}. */
export interface SingleFlightOptions {
  /** Aborting it lets this caller go, with its reason; the others stay. */
  signal?: AbortSignal | undefined;
}

/** One call a key at a time; whoever asks meanwhile shares it. */
export interface SingleFlight<V, K = string> {
  /** Keys whose call is under way. */
  readonly size: number;
  /**
   * Joins the call that is under way for the key, or makes it.
   *
   * @param key Keys are compared as those of a `Map`.
   * @param work Not called when there is a call to join. Its signal aborts when
   * the last of those who wait has left.
   * @throws What the work throws, for all who wait.
   * @throws The caller's reason, for the one that aborts.
   */
  run(
    key: K,
    work: (signal: AbortSignal) => V | Promise<V>,
    options?: SingleFlightOptions,
  ): Promise<V>;
}

interface Caller<V> extends Aborted {
  resolve(value: V): void;
  reject(error: unknown): void;
}

/** A call under way, and who wait for it. */
class Flight<V> {
  readonly #callers = new Set<Caller<V>>();
  readonly #controller = new AbortController();
  /** It has ended, or was given up: no one may join. */
  readonly #onOver: () => void;

  constructor(onOver: () => void) {
    this.#onOver = onOver;
  }

  /** Waits for the call, until the signal aborts. */
  async join(signal: AbortSignal | undefined): Promise<V> {
    const { promise, resolve, reject } = Promise.withResolvers<V>();
    const caller: Caller<V> = {
      resolve,
      reject,
      aborted: (reason) => this.#leave(caller, reason),
    };
    this.#callers.add(caller);
    if (signal === undefined) return await promise;
    joinSignal(signal, caller);
    try {
      return await promise;
    } finally {
      leaveSignal(signal, caller);
    }
  }

  async start(work: (signal: AbortSignal) => V | Promise<V>): Promise<void> {
    try {
      const value = await work(this.#controller.signal);
      this.#end((caller) => caller.resolve(value));
    } catch (error) {
      this.#end((caller) => caller.reject(error));
    }
  }

  #leave(caller: Caller<V>, reason: unknown): void {
    if (!this.#callers.delete(caller)) return;
    caller.reject(reason);
    if (this.#callers.size > 0) return;
    // First out of the way of new callers, then the end of the work.
    this.#onOver();
    this.#controller.abort(reason);
  }

  #end(tell: (caller: Caller<V>) => void): void {
    // Given up, and perhaps followed by another under the same key.
    if (this.#callers.size === 0) return;
    this.#onOver();
    const callers = [...this.#callers];
    this.#callers.clear();
    callers.forEach(tell);
  }
}

/**
 * Creates a single flight: equal calls made at the same time become one, and
 * all who asked get its result. Nothing is kept: when it has ended, with a
 * value or an error, the next call is a new one.
 *
 * A caller that aborts leaves alone. When the last one leaves, the work's
 * signal aborts with that caller's reason, and a call made after that starts
 * anew: it never joins work that is being stopped.
 *
 * All get the same value: share what can be read many times, a text and not a
 * `Response`. The work runs in the async context of the caller that started it.
 *
 * @returns The single flight; `V` is what its calls return, `K` their key.
 *
 * @example Usage
 * ```ts
 * import { createSingleFlight } from "@loophound/toolkit/limits";
 * import assert from "node:assert/strict";
 *
 * const artists = createSingleFlight<string>();
 * let calls = 0;
 * const load = () => Promise.resolve(`call ${++calls}`);
 * const answers = await Promise.all([
 *   artists.run("Aphex Twin", load),
 *   artists.run("Aphex Twin", load),
 * ]);
 * assert.deepEqual(answers, ["call 1", "call 1"]);
 * ```
 */
export function createSingleFlight<V, K = string>(): SingleFlight<V, K> {
  const flights = new Map<K, Flight<V>>();
  return {
    get size() {
      return flights.size;
    },
    async run(key, work, { signal } = {}) {
      signal?.throwIfAborted();
      const known = flights.get(key);
      if (known !== undefined) return await known.join(signal);
      const flight = new Flight<V>(() => flights.delete(key));
      flights.set(key, flight);
      const result = flight.join(signal);
      void flight.start(work);
      return await result;
    },
  };
}
