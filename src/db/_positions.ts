import type pg from "pg";
import type { HeavyPostgres } from "./_heavy_postgres.ts";
import type { ReplicaWatch } from "./_replica.ts";
import { parsePosition } from "./position.ts";
import type { Positions } from "./types.ts";

/**
 * The positions of a server.
 *
 * `pg_current_wal_lsn()` is what was written out; a commit that waits for the
 * disk (`synchronous_commit`, on unless someone has switched it off) is.
 *
 * @param primary The light lane's pool.
 */
export function positionsOf(
  primary: Pick<pg.Pool, "query">,
  lane: { heavy: HeavyPostgres; watch: ReplicaWatch | undefined },
): Positions {
  const { heavy, watch } = lane;
  return {
    async current() {
      const { rows } = await primary.query<{ position: string }>(
        "select pg_current_wal_lsn()::text as position",
      );
      return rows[0]!.position;
    },
    require(text) {
      const position = parsePosition(text);
      if (position !== undefined) heavy.require(position);
    },
    replica: () =>
      watch && { ...watch.status(), queries: { ...heavy.answers } },
  };
}
