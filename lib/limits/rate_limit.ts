import { type Clock, systemClock } from "./clock.ts";
import { WorkFigures } from "./work_figures.ts";
import { Heap } from "./_heap.ts";
import { type Registry, registryOf, type Watched } from "./_registry.ts";
import { type Awaited, checkWait, goesBefore, Waiter } from "./_waiter.ts";
import { seconds } from "./_words.ts";
import type { Limits } from "./limits.ts";
import type { AcquireOptions, LimitStats, RateLimit } from "./types.ts";

/** Options of {@linkcode createRateLimit}. */
export interface RateLimitOptions {
  /** Tokens that come in `perMs`. */
  tokens: number;
  /** Milliseconds. */
  perMs: number;
  /**
   * Tokens that may be saved up; a new bucket has them all.
   *
   * @default {tokens}
   */
  burst?: number;
  /** Shows it in its statistics and reports who waits long for it. */
  registry?: Limits;
  /** @default {the host's clock} */
  clock?: Clock;
}

/** Tokens are fractions: this much is missing only because of rounding. */
const tolerance = 1e-9;

class TokenWaiter extends Waiter<void> {
  tokens = 1;
}

export class TokenBucket implements RateLimit, Awaited, Watched {
  readonly name: string;
  readonly clock: Clock;
  readonly watch: Registry | undefined;
  readonly #perMs: number;
  readonly #burst: number;
  readonly #queue = new Heap<TokenWaiter>(goesBefore);
  readonly #figures: WorkFigures;
  #left: number;
  /** When `#left` was right. */
  #countedAt: number;
  #timer: Disposable | undefined;

  constructor(
    name: string,
    { tokens, perMs, burst = tokens }: RateLimitOptions,
    { clock, watch }: { clock: Clock; watch: Registry | undefined },
  ) {
    for (const [field, value] of Object.entries({ tokens, perMs, burst })) {
      if (value > 0 && value < Infinity) continue;
      throw new RangeError(
        `Cannot make rate limit "${name}": ${field} is ${value}, not a finite number above 0`,
      );
    }
    this.name = name;
    this.clock = clock;
    this.watch = watch;
    this.#perMs = tokens / perMs;
    this.#burst = burst;
    this.#left = burst;
    this.#countedAt = clock.now();
    this.#figures = new WorkFigures(this.#countedAt);
    watch?.register(this);
  }

  // deno-lint-ignore require-await -- what is thrown becomes a rejection
  async take(tokens = 1, options: AcquireOptions = {}): Promise<void> {
    this.#check(tokens);
    checkWait(this.name, options);
    if (this.tryTake(tokens)) return;
    const waiter = new TokenWaiter(this, null, options);
    waiter.tokens = tokens;
    this.#queue.push(waiter);
    if (this.#queue.first === waiter) this.#setTimer();
    return waiter.promise;
  }

  tryTake(tokens = 1): boolean {
    this.#check(tokens);
    this.#serve();
    if (this.#queue.size > 0 || !this.#has(tokens)) return false;
    this.#spend(tokens, 0);
    return true;
  }

  stats(): LimitStats {
    return {
      name: this.name,
      kind: "rate",
      limit: null,
      concurrent: 0,
      queue_depth: this.#queue.size,
      ...this.#figures.read(this.clock.now()),
      held_by: [],
    };
  }

  forget(waiter: Waiter): void {
    const wasFirst = this.#queue.first === waiter;
    this.#queue.remove(waiter as TokenWaiter);
    // Whoever is first now may need fewer tokens.
    if (wasFirst) this.#serve();
  }

  inTheWayOf(): [] {
    return [];
  }

  waitingWith(): number {
    return this.#queue.size;
  }

  stateFor(waiter: Waiter): string {
    this.#refill();
    const { tokens } = waiter as TokenWaiter;
    const ms = (tokens - this.#left) / this.#perMs;
    const left = Math.floor(this.#left + tolerance);
    const state = `${left} of ${this.#burst} tokens left`;
    return this.#queue.first === waiter
      ? `${state}, enough in ${seconds(Math.max(0, ms))}`
      : state;
  }

  #check(tokens: number): void {
    if (tokens > 0 && tokens <= this.#burst) return;
    throw new RangeError(
      `Cannot take ${tokens} tokens of ${this.name}: it takes from above 0 to ${this.#burst} at once`,
    );
  }

  #has(tokens: number): boolean {
    return this.#left + tolerance >= tokens;
  }

  #refill(): void {
    const now = this.clock.now();
    const come = (now - this.#countedAt) * this.#perMs;
    this.#left = Math.min(this.#burst, this.#left + come);
    this.#countedAt = now;
  }

  #spend(tokens: number, waitedMs: number): void {
    this.#left = Math.max(0, this.#left - tokens);
    this.#figures.waited(waitedMs);
    this.#figures.ended(this.#countedAt, 0, "completed");
  }

  /** Gives the tokens there are to those who wait, in their order. */
  #serve(): void {
    this.#refill();
    let next = this.#queue.first;
    while (next !== undefined && this.#has(next.tokens)) {
      this.#queue.remove(next);
      this.#spend(next.tokens, this.#countedAt - next.since);
      next.settle();
      next = this.#queue.first;
    }
    this.#setTimer();
  }

  /** One timer while somebody waits, for the first of them. */
  #setTimer(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const next = this.#queue.first;
    if (next === undefined) return;
    const ms = (next.tokens - this.#left) / this.#perMs;
    this.#timer = this.clock.after(Math.max(1, ms), () => this.#serve());
  }
}

/**
 * Makes a rate limit: a bucket into which tokens drop evenly, `tokens` in
 * `perMs`, up to `burst`. Each call takes one or more; who comes first is
 * served first, a higher priority before all lower ones.
 *
 * With a full bucket, up to `burst + tokens` calls fall into the first
 * `perMs`. A service that counts strictly wants `burst: 1`, which spaces the
 * calls evenly.
 *
 * @param name For statistics and reports.
 * @returns The rate limit; a timer runs only while somebody waits.
 * @throws {RangeError} A number is not finite or not above 0.
 *
 * @example
 * ```ts
 * import { createRateLimit } from "@loophound/toolkit/limits";
 *
 * const discogs = createRateLimit("discogs", { tokens: 60, perMs: 60_000 });
 * await discogs.take();
 * console.log(discogs.tryTake(59), discogs.tryTake()); // true false
 * ```
 */
export function createRateLimit(
  name: string,
  options: RateLimitOptions,
): RateLimit {
  const watch = options.registry && registryOf(options.registry);
  return new TokenBucket(name, options, {
    clock: options.clock ?? watch?.clock ?? systemClock,
    watch,
  });
}
