import { WorkFigures } from "@loophound/toolkit/limits";
import type pg from "pg";

/** What goes on on the database's connections, for `/api/ops/pools`. */
export interface ConnectionStats extends ReturnType<WorkFigures["read"]> {
  /** How many connections there may be. */
  limit: number;
  concurrent: number;
  queue_depth: number;
}

/**
 * Follows a pool of connections: how long who waits for one and keeps it. To
 * be called before the pool is used.
 */
export function poolFigures(pool: pg.Pool): () => ConnectionStats {
  const figures = new WorkFigures(performance.now());
  const since = new WeakMap<pg.PoolClient, number>();
  pool.on("acquire", (client) => since.set(client, performance.now()));
  pool.on("release", (error, client) => {
    const now = performance.now();
    const taken = since.get(client);
    figures.ended(
      now,
      taken === undefined ? undefined : now - taken,
      // What the callers of a broken connection did has failed.
      error instanceof Error ? "failed" : "completed",
    );
  });
  // `pool.query` takes its connection here, too.
  const connect = pool.connect.bind(pool);
  const measured = (
    callback?: Parameters<typeof connect>[0],
  ): Promise<pg.PoolClient> | void => {
    const asked = performance.now();
    const got = () => figures.waited(performance.now() - asked);
    if (callback === undefined) {
      return connect().then((client) => {
        got();
        return client;
      });
    }
    connect((error, client, done) => {
      if (client !== undefined) got();
      callback(error, client, done);
    });
  };
  pool.connect = measured as typeof pool.connect;
  return () => ({
    limit: pool.options.max,
    concurrent: pool.totalCount - pool.idleCount,
    queue_depth: pool.waitingCount,
    ...figures.read(performance.now()),
  });
}

/** Figures of the embedded engine's one connection, as seen from the loop. */
export class TurnMeter {
  readonly #figures = new WorkFigures(performance.now());
  #open = 0;

  begin(): void {
    this.#open++;
  }

  /** @param run Milliseconds; undefined: whether it ran is not known. */
  end(run: { queue_ms: number; run_ms: number } | undefined): void {
    this.#open--;
    if (run !== undefined) this.#figures.waited(run.queue_ms);
    this.#figures.ended(
      performance.now(),
      run?.run_ms,
      run === undefined ? "failed" : "completed",
    );
  }

  stats(): ConnectionStats {
    return {
      limit: 1,
      concurrent: Math.min(1, this.#open),
      queue_depth: Math.max(0, this.#open - 1),
      ...this.#figures.read(performance.now()),
    };
  }
}
