import type { OwnTime } from "./_own_time.ts";

/** After so many milliseconds of work in a turn of the loop it is given back. */
export const TURN_MS = 2;

/**
 * Work in pieces. After each piece the loop may turn; before one that is known
 * to be dear (`"turn"`) it does. A promise is waited for, and must last longer
 * than the turn.
 */
export type Pieces<T> = Generator<
  Promise<unknown> | "turn" | undefined,
  T,
  void
>;

/** How time passes; another one in tests. */
export interface OwnWorkHost {
  now(): number;
  /** Resolves in another turn of the loop. */
  turn(): Promise<void>;
}

const HOST: OwnWorkHost = {
  now: () => performance.now(),
  turn: () => new Promise((done) => void setImmediate(done)),
};

/**
 * Does what the monitor has to do after a block without making another one: one
 * job at a time, and of that no more in a turn of the loop than the turn can
 * bear. Counts every piece.
 */
export class OwnWork {
  readonly #own: Pick<OwnTime, "add">;
  readonly #host: OwnWorkHost;
  readonly #jobs: Pieces<void>[] = [];
  #running = false;
  #stopped = false;
  #done = Promise.resolve();

  constructor(own: Pick<OwnTime, "add">, host: OwnWorkHost = HOST) {
    this.#own = own;
    this.#host = host;
  }

  /**
   * Begins at once if nothing else is being done.
   *
   * @param since From when on this turn of the loop has been the monitor's.
   */
  run(job: Pieces<void>, since: number = this.#host.now()): void {
    this.#jobs.push(job);
    if (!this.#running) this.#done = this.#work(since);
  }

  async #work(since: number): Promise<void> {
    this.#running = true;
    let from = since;
    try {
      for (let job; (job = this.#jobs.shift()) !== undefined;) {
        for (const wanted of job) {
          const now = this.#host.now();
          if (wanted === undefined && now - from <= TURN_MS) continue;
          this.#own.add(from, now);
          await (wanted instanceof Promise ? wanted : this.#host.turn());
          from = this.#host.now();
          if (this.#stopped) break;
        }
      }
    } finally {
      this.#own.add(from, this.#host.now());
      this.#running = false;
    }
  }

  /** Resolves when nothing is left to do. */
  async idle(): Promise<void> {
    await this.#done;
  }

  /** Drops what has not been done. */
  stop(): void {
    this.#stopped = true;
    this.#jobs.length = 0;
  }
}
