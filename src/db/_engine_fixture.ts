/**
 * Engines for tests: an embedded one in a folder of its own, and one on a
 * throwaway PostgreSQL server.
 *
 * @module
 */
import { createThreadPool, type ThreadPool } from "@loophound/toolkit/offload";
import { startPostgres } from "../../tests/helpers/postgres.ts";
import { type EngineOptions, type HeavyFigures, openEngine } from "./engine.ts";
import type { Engine } from "./types.ts";

/** An engine with all that belongs to it; disposing of it closes all. */
export interface TestEngine extends AsyncDisposable {
  readonly engine: Engine;
  readonly pool: ThreadPool;
  readonly dataDir: string;
  /** URL of the server's database. */
  readonly url: string | undefined;
  /** What the heavy lane has told. */
  readonly figures: HeavyFigures[];
}

/** One thing that every engine must do. */
export type Check = (test: TestEngine) => Promise<void>;

/** A pool with the class of threads that the heavy lane runs in. */
export function queryPool(threads = 2): Promise<ThreadPool> {
  return createThreadPool({ classes: { query: { threads } } });
}

/** Opens an engine for a test. */
export async function openTestEngine(
  kind: "pglite" | "postgres",
  options: Partial<EngineOptions> = {},
): Promise<TestEngine> {
  const stack = new AsyncDisposableStack();
  try {
    const dataDir = await Deno.makeTempDir({ prefix: "loophound-db-" });
    stack.defer(() => Deno.remove(dataDir, { recursive: true }));
    const pool = stack.use(await queryPool());
    let url: string | undefined;
    if (kind === "postgres") {
      const server = stack.use(await startPostgres());
      url = await server.createDatabase();
    }
    const figures: HeavyFigures[] = [];
    const engine = stack.use(
      await openEngine({
        dataDir,
        pool,
        databaseUrl: url,
        onHeavyQuery: (heavy) => figures.push(heavy),
        ...options,
      }),
    );
    const owned = stack.move();
    return {
      engine,
      pool,
      dataDir,
      url,
      figures,
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Waits until a condition holds; fails after `ms`. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  ms = 20_000,
): Promise<void> {
  const end = performance.now() + ms;
  while (!await holds()) {
    if (performance.now() > end) {
      throw new Error(`Not so within ${ms} ms: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
