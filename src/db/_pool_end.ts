import type pg from "pg";

/** How long queries may go on when the pool is closed, milliseconds. */
const patienceMs = 500;

/**
 * Follows the clients of a pool.
 *
 * @returns What ends the pool: its queries may go on for half a second, then
 *   their connections are cut. `pool.end()` alone waits for the last query,
 *   however long that takes.
 */
export function followPool(pool: pg.Pool): () => Promise<void> {
  const clients = new Set<pg.PoolClient>();
  pool.on("connect", (client) => clients.add(client));
  pool.on("remove", (client) => clients.delete(client));
  return async () => {
    const timer = setTimeout(() => {
      for (const client of clients) {
        // Private in the types: with a query under way it cuts the connection.
        const { end } = client as unknown as { end(): Promise<void> };
        end.call(client).catch(() => {});
      }
    }, patienceMs);
    try {
      await pool.end();
    } finally {
      clearTimeout(timer);
    }
  };
}
