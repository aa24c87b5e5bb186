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
 * @param options.id Those of one publication only, which is known to be over:
 * this may be done beside other loads.
 * @returns The names of the tables dropped.
 */
export async function dropAbandonedShadows(
  connection: SqlConnection,
  options: { id?: string } = {},
): Promise<string[]> {
  const { id } = options;
  const { rows } = await connection.query<{ name: string }>(
    `select c.relname as name from pg_class c
    where c.relkind = 'r' and c.relnamespace = to_regnamespace(quote_ident(current_schema()))
      and starts_with(obj_description(c.oid, 'pg_class'), ${
      quoteLiteral(SHADOW_COMMENT)
    })${id === undefined ? "" : ` and c.relname like ${ending(`__${id}`)}`}
    order by c.relname`,
  );
  if (id !== undefined) {
    // Slices are temporary tables, which an embedded engine keeps as long as
    // it is open: its one connection is everyone's.
    const slices = await connection.query<{ name: string }>(
      `select relname as name from pg_class
      where relkind = 'r' and relpersistence = 't' and pg_table_is_visible(oid)
        and starts_with(relname, 'loophound_slice_')
        and relname like ${ending(`_${id}`)}`,
    );
    rows.push(...slices.rows);
  }
  for (const { name } of rows) {
    await connection.query(`drop table if exists ${quoteIdentifier(name)}`);
  }
  return rows.map((row) => row.name);
}

/** A pattern of `like`: any name that ends so. */
function ending(text: string): string {
  return quoteLiteral(`%${text.replaceAll(/[\\%_]/g, "\\$&")}`);
}
