import { regclass } from "./_quoting.ts";
import type { SqlConnection } from "./types.ts";

/**
 * Why a table cannot be replaced by another one that is then renamed, if it
 * cannot: something hangs on it that `create table … (like … including all)`
 * does not copy, or that forbids dropping it.
 *
 * Settings such as the fill factor and grants count only where `strict`.
 */
export async function replaceObstacle(
  connection: SqlConnection,
  table: string,
  options: { strict: boolean } = { strict: true },
): Promise<string | undefined> {
  const { rows: [row] } = await connection.query<{ obstacle: string | null }>(
    `with t as (select * from pg_class where oid = ${regclass(table)})
    select coalesce(
      (select 'it is not an ordinary table' from t where relkind <> 'r' or relispartition),
      (select 'it is in another schema than ' || coalesce(current_schema(), 'none') from t
        where relnamespace is distinct from to_regnamespace(quote_ident(current_schema()))::oid),
      (select 'it is part of an inheritance tree' from t, pg_inherits i where t.oid in (i.inhrelid, i.inhparent) limit 1),
      (select 'foreign key ' || quote_ident(c.conname) from t, pg_constraint c
        where c.contype = 'f' and t.oid in (c.conrelid, c.confrelid) limit 1),
      (select 'trigger ' || quote_ident(g.tgname) from t, pg_trigger g where g.tgrelid = t.oid and not g.tgisinternal limit 1),
      (select 'row security' from t, pg_policy p where t.relrowsecurity or p.polrelid = t.oid limit 1),
      (select 'rule ' || quote_ident(w.rulename) from t, pg_rewrite w where w.ev_class = t.oid limit 1),
      (select 'view or rule on ' || w.ev_class::regclass::text from t, pg_depend d, pg_rewrite w
        where d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid
        and d.classid = 'pg_rewrite'::regclass and w.oid = d.objid limit 1),
      (select 'function ' || d.objid::regprocedure::text from t, pg_depend d
        where d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid and d.classid = 'pg_proc'::regclass limit 1),
      (select 'sequence ' || s.relname || ' of a serial column (an identity column would do)' from t, pg_depend d, pg_class s
        where d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid
        and d.classid = 'pg_class'::regclass and s.oid = d.objid and s.relkind = 'S' and d.deptype = 'a' limit 1)${
      options.strict
        ? `,
      (select 'grants or settings of its own' from t where relacl is not null or reloptions is not null
        or relreplident <> 'd' or reltablespace <> 0 or relpersistence <> 'p'),
      (select 'column grants' from t, pg_attribute a where a.attrelid = t.oid and a.attacl is not null limit 1),
      (select 'publication ' || quote_ident(p.pubname) from t, pg_publication_rel r, pg_publication p
        where r.prrelid = t.oid and p.oid = r.prpubid limit 1),
      (select 'owner ' || quote_ident(pg_get_userbyid(relowner)) from t where relowner <> (select oid from pg_roles where rolname = current_user))`
        : ""
    }
    ) as obstacle`,
  );
  return row?.obstacle ?? undefined;
}
