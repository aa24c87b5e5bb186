import type { Publication } from "@loophound/toolkit/sql";
import { BATCH_ROWS } from "./_limits.ts";

/** What a version of a file's evidence changes. */
export interface EvidenceChanges {
  inserted: number;
  updated: number;
  unchanged: number;
  removed: number;
}

/** The symbol that ends a slice: the 2,000th after `$2` of either version. */
function boundary(rows: string): string {
  return `
    select max(symbol) as symbol, count(*)::int as found from (
      select symbol from (
        (select symbol from ${rows} where load_id = $1 and symbol > $3
         order by symbol limit ${BATCH_ROWS})
        union
        (select symbol from evidence_rows where load_id = $2 and symbol > $3
         order by symbol limit ${BATCH_ROWS})
      ) both_versions order by symbol limit ${BATCH_ROWS}
    ) slice`;
}

function compare(rows: string): string {
  const same = `(n.hgnc_id, n.reported_as, n.evidence_data)
    is not distinct from (o.hgnc_id, o.reported_as, o.evidence_data)`;
  return `
    select
      (count(*) filter (where o.symbol is null))::int as inserted,
      (count(*) filter (where n.symbol is null))::int as removed,
      (count(*) filter (where n.symbol = o.symbol and ${same}))::int
        as unchanged,
      (count(*) filter (where n.symbol = o.symbol and not ${same}))::int
        as updated
    from (
      select * from ${rows}
      where load_id = $1 and symbol > $3 and symbol <= $4
    ) n full join (
      select * from evidence_rows
      where load_id = $2 and symbol > $3 and symbol <= $4
    ) o on o.symbol = n.symbol`;
}

/**
 * Compares the evidence of two loads, slice by slice along the primary key:
 * on an embedded engine no lookup waits for more than a slice.
 *
 * @param loads Ids of loads; `before` is "" where there is none.
 */
export async function evidenceChanges(
  publication: Publication,
  loads: { before: string; after: string },
): Promise<EvidenceChanges> {
  const { connection } = publication;
  const rows = publication.name("evidence_rows");
  const ids = [loads.after, loads.before];
  const total = { inserted: 0, updated: 0, unchanged: 0, removed: 0 };
  for (let from = "";;) {
    const { rows: [slice] } = await connection.query<
      { symbol: string | null; found: number }
    >(boundary(rows), [...ids, from]);
    const to = slice?.symbol;
    if (to === undefined || to === null) return total;
    const { rows: [changes] } = await connection.query<
      Record<keyof typeof total, number>
    >(compare(rows), [...ids, from, to]);
    for (
      const key of ["inserted", "updated", "unchanged", "removed"] as const
    ) {
      total[key] += changes?.[key] ?? 0;
    }
    from = to;
  }
}
