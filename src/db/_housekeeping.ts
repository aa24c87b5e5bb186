import { getLogger } from "@logtape/logtape";
import type { PgliteClient } from "./_pglite_client.ts";
import { statementPart } from "./_pglite_connection.ts";

const logger = getLogger(["loophound", "db"]);

/** Tables above it are left alone: one VACUUM is one turn that all wait for. */
const maxTableBytes = 64 * 2 ** 20;
const maxTables = 200;

/**
 * What a killed process left is tidied when nobody asks for anything: a
 * CHECKPOINT, so that the log is recycled, then VACUUM table by table. (The
 * embedded engine has no autovacuum; killed loads had grown a folder from 233
 * MB to 1.5 GB.)
 */
export async function housekeep(
  client: () => Promise<PgliteClient>,
  signal: AbortSignal,
): Promise<void> {
  const run = async (sql: string, params: unknown[] = []) => {
    signal.throwIfAborted();
    const { replies } = await (await client()).turn(
      [statementPart(sql, params)],
      { lane: "idle" },
    );
    return replies[0]?.[0]?.rows ?? [];
  };
  try {
    await run("checkpoint");
    const tables = await run(
      `select quote_ident(schemaname) || '.' || quote_ident(relname) as name
       from pg_stat_user_tables
       where pg_table_size(relid) between 1 and $1
       order by pg_table_size(relid) desc limit $2`,
      [maxTableBytes, maxTables],
    );
    for (const { name } of tables) await run(`vacuum ${String(name)}`);
  } catch (error) {
    if (signal.aborted) return;
    logger.warning("Cannot tidy the embedded database: {error}", { error });
  }
}
