import { quoteLiteral, regclass } from "./_quoting.ts";
import { shadowName } from "./_shadow_name.ts";
import { quoteIdentifier } from "./quote_identifier.ts";
import type { SqlConnection, SqlStatement } from "./types.ts";

/** Begins the comment by which an abandoned shadow is known. */
export const SHADOW_COMMENT = "Loophound shadow of ";

/** A table that is filled beside another one, to take its place. */
export interface Shadow {
  table: string;
  /** Its name, unquoted. */
  name: string;
  /** Puts it in the place of the table; to be run in one turn. */
  swap: readonly SqlStatement[];
}

/**
 * Creates a table like another one, with its indexes, named after a
 * publication.
 */
export async function createShadow(
  connection: SqlConnection,
  table: string,
  id: string,
): Promise<Shadow> {
  const name = shadowName(table, id);
  const old = quoteIdentifier(table);
  const fresh = quoteIdentifier(name);
  const { rows: [info] } = await connection.query<
    { comment: string | null; last_values: Record<string, number> | null }
  >(
    `select obj_description(${regclass(table)}, 'pg_class') as comment,
      (select json_object_agg(a.attname, pg_sequence_last_value(s.seq))
        from pg_attribute a, pg_get_serial_sequence(${
      quoteLiteral(old)
    }, a.attname) p(path), lateral (select p.path::regclass as seq) s
        where a.attrelid = ${
      regclass(table)
    } and a.attidentity <> '' and not a.attisdropped) as last_values`,
  );
  // What rows get from here on must differ from what rows have already.
  const sequences = Object.entries(info?.last_values ?? {}).flatMap((
    [column, last],
  ) =>
    last === null ? [] : [{
      sql: `select setval(pg_get_serial_sequence(${quoteLiteral(fresh)}, ${
        quoteLiteral(column)
      }), ${last})`,
    }]
  );
  await connection.batch([
    { sql: `create table ${fresh} (like ${old} including all)` },
    {
      sql: `comment on table ${fresh} is ${
        quoteLiteral(SHADOW_COMMENT + table)
      }`,
    },
    ...sequences,
  ]);
  let renames: SqlStatement[];
  try {
    renames = await indexRenames(connection, table, name);
  } catch (error) {
    await connection.query(`drop table ${fresh}`).catch(() => {});
    throw error;
  }
  const comment = info?.comment;
  return {
    table,
    name,
    swap: [
      { sql: `drop table ${old}` },
      { sql: `alter table ${fresh} rename to ${old}` },
      {
        sql: `comment on table ${old} is ${
          typeof comment === "string" ? quoteLiteral(comment) : "null"
        }`,
      },
      ...renames,
    ],
  };
}

/**
 * The shadow's indexes were named by PostgreSQL: they get the names of the
 * indexes that they were copied from, so that migrations find them. Equal
 * definitions tell which is which.
 */
async function indexRenames(
  connection: SqlConnection,
  table: string,
  shadow: string,
): Promise<SqlStatement[]> {
  const indexes = (name: string) =>
    `select c.relname as name,
      i.indisprimary::text || i.indisunique || substr(d.def, position(' USING ' in d.def)) as def,
      row_number() over (partition by i.indisprimary, i.indisunique, substr(d.def, position(' USING ' in d.def)) order by c.oid) as nth
    from pg_index i join pg_class c on c.oid = i.indexrelid,
      lateral (select pg_get_indexdef(c.oid) as def) d
    where i.indrelid = ${regclass(name)}`;
  const { rows } = await connection.query<{ old: string; fresh: string }>(
    `select o.name as old, f.name as fresh
    from (${indexes(table)}) o join (${indexes(shadow)}) f using (def, nth)`,
  );
  return rows.map(({ old, fresh }) => ({
    sql: `alter index ${quoteIdentifier(fresh)} rename to ${
      quoteIdentifier(old)
    }`,
  }));
}
