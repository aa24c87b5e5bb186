import type pg from "pg";
import type { HeavyServer } from "./_heavy_postgres.ts";
import {
  type PrimaryAnswer,
  type ReplicaWatch,
  watchReplica,
} from "./_replica.ts";
import { systemOf } from "./_replica_client.ts";
import type { ReplicaTiming } from "./_replica_timing.ts";
import { createSessionReaper } from "./_session_reaper.ts";
import { parsePosition } from "./position.ts";

/** A replica for the heavy lane, watched until it is disposed of. */
export interface OpenReplica extends HeavyServer, AsyncDisposable {
  watch: ReplicaWatch;
}

/**
 * Begins to watch a replica.
 *
 * @param primary The light lane's pool.
 */
export function openReplica(
  primary: Pick<pg.Pool, "query">,
  options: {
    url: string;
    maxLagMs: number;
    timing?: Partial<ReplicaTiming>;
  },
): OpenReplica {
  const reaper = createSessionReaper(options.url);
  let system: Promise<string | undefined> | undefined;
  const watch = watchReplica({
    ...options,
    async primary(): Promise<PrimaryAnswer> {
      system ??= systemOf({ query: (text) => primary.query(text) });
      const { rows: [row] } = await primary.query<{
        position: string;
        now_ms: number;
        started: string;
      }>(
        `select pg_current_wal_lsn()::text as position,
           extract(epoch from clock_timestamp())::float8 * 1000 as now_ms,
           pg_postmaster_start_time()::text as started`,
      );
      return {
        position: parsePosition(row!.position) ?? 0n,
        nowMs: row!.now_ms,
        started: row!.started,
        system: await system,
      };
    },
  });
  return {
    url: options.url,
    reaper,
    watch,
    async [Symbol.asyncDispose]() {
      await Promise.all([reaper.close(), watch[Symbol.asyncDispose]()]);
    },
  };
}
