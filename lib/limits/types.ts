/** Figures of one limit, as `/api/ops/pools` shows them: those of a pool of threads, and what it is. */
export interface LimitStats {
  readonly name: string;
  readonly kind: "semaphore" | "lock" | "hosts" | "rate" | "breaker" | "pool";
  /** How many may hold it at once; null where that is not how it limits. */
  readonly limit: number | null;
  /** Who hold it now. */
  readonly concurrent: number;
  /** Who wait for it now. */
  readonly queue_depth: number;
  readonly completed: number;
  /** Held by work that threw. */
  readonly failed: number;
  /** Ended in the last minute, per second. */
  readonly throughput_per_s: number;
  readonly wait_ms: { readonly p50: number; readonly p99: number };
  readonly run_ms: { readonly p50: number; readonly p99: number };
  /** Who hold it longest, at most ten, longest first. */
  readonly held_by: readonly { readonly holder: string; readonly ms: number }[];
}

/** Options of taking a permit. */
export interface AcquireOptions {
  /** Aborting it ends the wait: the promise is rejected with its reason. */
  signal?: AbortSignal | undefined;
  /**
   * Higher goes first among those who wait; equals in the order they came.
   *
   * @default {0}
   */
  priority?: number;
  /**
   * Who asks, for the reports of long waits: "job 41".
   *
   * @default {the name given to `withHolder` around the call, else "unnamed"}
   */
  holder?: string;
  /**
   * Milliseconds to wait at most; then {@linkcode LimitTimeoutError}.
   *
   * @default {Infinity}
   */
  timeoutMs?: number;
}

/** The right to go on. Giving it back twice is one. */
export interface Permit extends Disposable {
  /** Milliseconds waited for it. */
  readonly waitedMs: number;
  /** Gives it back. `failed`: the work under it threw. */
  release(outcome?: "completed" | "failed"): void;
}

/** A number of permits under a name; fair: first come, first served. */
export interface Semaphore {
  readonly name: string;
  readonly limit: number;
  acquire(options?: AcquireOptions): Promise<Permit>;
  /** A permit if one is free and no one waits, else undefined. */
  tryAcquire(options?: Pick<AcquireOptions, "holder">): Permit | undefined;
  /** Runs the function under a permit. */
  run<T>(
    work: (signal: AbortSignal | undefined) => T | Promise<T>,
    options?: AcquireOptions,
  ): Promise<T>;
  stats(): LimitStats;
}

/** One lock a key; a key that no one holds or waits for takes no memory. */
export interface KeyedLock {
  readonly name: string;
  acquire(key: string, options?: AcquireOptions): Promise<Permit>;
  run<T>(
    key: string,
    work: (signal: AbortSignal | undefined) => T | Promise<T>,
    options?: AcquireOptions,
  ): Promise<T>;
  /** Keys held or waited for now. */
  readonly size: number;
  stats(): LimitStats;
}

/** Bounds how many requests are under way in all and to each host, and how quickly they follow each other. */
export interface HostLimits {
  readonly name: string;
  /**
   * @param host Host name with port: `api.example.org`, `127.0.0.1:8080`.
   */
  acquire(host: string, options?: AcquireOptions): Promise<Permit>;
  run<T>(
    host: string,
    work: (signal: AbortSignal | undefined) => T | Promise<T>,
    options?: AcquireOptions,
  ): Promise<T>;
  /** Hosts with requests under way, waiting, or a delay to keep. */
  readonly size: number;
  /** Of all hosts together. */
  stats(): LimitStats;
  /** Of each host it knows now. */
  hostStats(): LimitStats[];
}

/** Tokens that refill with time: each call takes one or more. */
export interface RateLimit {
  readonly name: string;
  /** Resolves when the tokens have been taken; waiters are served in order. */
  take(tokens?: number, options?: AcquireOptions): Promise<void>;
  /** Takes them if they are there. */
  tryTake(tokens?: number): boolean;
  stats(): LimitStats;
}

/** Someone has waited long for a limit. */
export interface LongWaitReport {
  /** `Waited 12.0 s for discogs (5 of 5 taken), held by job 41 for 14.2 s`. */
  readonly message: string;
  readonly limit: string;
  /** The key or host within it, or null. */
  readonly key: string | null;
  readonly waiter: string;
  readonly waited_ms: number;
  /** What the waiter holds meanwhile: limits taken around this one. */
  readonly holding: readonly string[];
  /** Who hold it, longest first; what each itself waits for, if anything. */
  readonly held_by: readonly {
    readonly holder: string;
    readonly ms: number;
    readonly waits_for: string | null;
  }[];
  /** How many more wait for the same limit and key. */
  readonly others: number;
  /**
   * Waiters and holders wait for each other in a circle: no one will go on.
   * True when the waiter stands in it or behind it.
   */
  readonly deadlock: boolean;
}

/** Work has been queued for a while and hardly any of it is under way. */
export interface StarvationReport {
  /** `spotify: 40 wait and 1 of 10 run for 30 s`. */
  readonly message: string;
  readonly limit: string;
  readonly queue_depth: number;
  readonly concurrent: number;
  /** How many could run; null where that is not known. */
  readonly capacity: number | null;
  readonly for_ms: number;
}
