import { abortableDelay } from "./_abortable.ts";
import { columnList, regclass } from "./_quoting.ts";
import { createShadow, type Shadow } from "./_shadow_table.ts";
import { quoteIdentifier } from "./quote_identifier.ts";
import type { SqlConnection } from "./types.ts";

/**
 * How long readers may have to wait behind us while we wait for the last
 * reader, how long they are let through then, and how often that is tried.
 */
const LOCK_WAIT_MS = 50;
const PAUSE_MS = 200;
const TRIES = 40;

const LOCK_NOT_AVAILABLE = "55P03";

/** Tables filled beside the ones that they replace at the commit. */
export interface ServerSwap {
  name(table: string): string;
  createBeside(table: string): Promise<string>;
  putInPlace(): Promise<void>;
}

/**
 * Makes the swap of one transaction.
 *
 * Dropping the old table takes a lock that shuts readers out, and whoever
 * waits for it makes all later readers wait too. So it is asked for at the
 * very end and with a short patience, again and again; where a reader never
 * ends, the rows are copied over with `delete` and `insert` instead, which
 * disturbs nobody.
 */
export function serverSwap(
  connection: SqlConnection,
  settings: { id: string; signal: AbortSignal | undefined; tries?: number },
): ServerSwap {
  const { id, signal, tries = TRIES } = settings;
  const shadows = new Map<string, Shadow>();

  /** All or nothing, so that no table is shut while another one is waited for. */
  async function trySwap(): Promise<boolean> {
    const tables = [...shadows.keys()].sort().map(quoteIdentifier).join(", ");
    await connection.query("savepoint loophound_swap");
    try {
      await connection.query(`set local lock_timeout = '${LOCK_WAIT_MS}ms'`);
      await connection.query(`lock table ${tables} in access exclusive mode`);
      for (const shadow of shadows.values()) {
        for (const { sql } of shadow.swap) await connection.query(sql);
      }
      return true;
    } catch (error) {
      if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE) {
        throw error;
      }
      await connection.query("rollback to savepoint loophound_swap");
      return false;
    }
  }

  async function copyOver({ table, name }: Shadow): Promise<void> {
    const old = quoteIdentifier(table);
    const fresh = quoteIdentifier(name);
    await connection.query(`delete from ${old}`);
    const { rows } = await connection.query<{ name: string }>(
      `select attname as name from pg_attribute where attrelid = ${
        regclass(name)
      } and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
    );
    const columns = columnList(rows.map((row) => row.name));
    await connection.query(
      `insert into ${old} (${columns}) overriding system value select ${columns} from ${fresh}`,
    );
    await connection.query(`drop table ${fresh}`);
  }

  return {
    name: (table) => shadows.get(table)?.name ?? table,
    async createBeside(table) {
      const shadow = await createShadow(connection, table, id);
      shadows.set(table, shadow);
      return shadow.name;
    },
    async putInPlace() {
      if (shadows.size === 0) return;
      for (let i = 0; i < tries; i++) {
        signal?.throwIfAborted();
        if (i > 0) await abortableDelay(PAUSE_MS, signal);
        if (await trySwap()) return;
      }
      for (const shadow of shadows.values()) await copyOver(shadow);
    },
  };
}
