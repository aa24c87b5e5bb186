import { quoteLiteral } from "./_quoting.ts";
import { SHADOW_COMMENT } from "./_shadow_table.ts";
import { quoteIdentifier } from "./quote_identifier.ts";
import type { SqlConnection } from "./types.ts";

/**
 * Drops the shadow tables that a killed process left behind. To be called
 * when an embedded engine was opened, before any load: a load that runs would
 * lose its shadow. Only tables that a publication made are touched, whatever
 * others are called.
 *
 * @returns The names of the tables dropped.
 */
export async function dropAbandonedShadows(
  connection: SqlConnection,
): Promise<string[]> {
  const { rows } = await connection.query<{ name: string }>(
    `select c.relname as name from pg_class c
    where c.relkind = 'r' and c.relnamespace = to_regnamespace(quote_ident(current_schema()))
      and starts_with(obj_description(c.oid, 'pg_class'), ${
      quoteLiteral(SHADOW_COMMENT)
    })
    order by c.relname`,
  );
  for (const { name } of rows) {
    await connection.query(`drop table if exists ${quoteIdentifier(name)}`);
  }
  return rows.map((row) => row.name);
}
