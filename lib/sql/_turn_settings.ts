import type { SqlStatement } from "./types.ts";

function off(...names: string[]): SqlStatement {
  return {
    sql: `select ${
      names.map((name) => `set_config('${name}', 'off', true)`).join(", ")
    }`,
  };
}

/**
 * For the rest of a turn that writes: a new WAL segment is not filled with
 * 16 MB of zeros first, which made one turn in 250 a tenth of a second longer.
 */
export const QUICK_WAL: SqlStatement = off("wal_init_zero");

/**
 * The same, and a few thousand rows are looked up by key in tables that
 * nobody has analysed. Left alone, the planner reads the whole of them for
 * that.
 */
export const BY_INDEX: SqlStatement = off(
  "wal_init_zero",
  "enable_seqscan",
  "enable_hashjoin",
  "enable_mergejoin",
);
