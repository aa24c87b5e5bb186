import type { Publication, SqlStatement } from "@loophound/toolkit/sql";
import { deriveWithoutSample, lockDerived } from "./derive.ts";
import { inList } from "./_sql_text.ts";

/** The table of each loaded part of an annotation source. */
const ANNOTATION_TABLES: Readonly<Record<string, string>> = {
  "descartes/tpm": "descartes_tpm",
  "descartes/percentage": "descartes_percentage",
  "gtex/": "gtex",
  "hgnc/": "hgnc",
  "mgi/orthologs": "mgi_orthologs",
  "mgi/phenotypes": "mgi_phenotypes",
  "mgi/terms": "mgi_terms",
  "hpo/": "hpo",
};

/** Sources of evidence: many files each, told apart by evidence_current. */
const EVIDENCE_SOURCES = ["diagnostic_panels", "literature"];

/** What `clearSample` needs to know of the load that it runs in. */
export interface ClearingLoad {
  readonly input: {
    readonly source: string;
    readonly fields: unknown;
  };
}

/** What the load itself brought in, and must not be emptied. */
function loadedKeys({ input: { source, fields } }: ClearingLoad): Set<string> {
  const known = typeof fields === "object" && fields !== null ? fields : {};
  const part = "part" in known && typeof known.part === "string"
    ? known.part
    : "";
  const keys = new Set([`${source}/${part}`]);
  // Phenotypes may bring the list of kidney terms with them.
  if (source === "mgi" && "mp_ids" in known && known.mp_ids !== undefined) {
    keys.add("mgi/terms");
  }
  return keys;
}

/**
 * Takes the collection's sample rows away, in the publication of the first
 * real load, after its own rows are in it. Given to `defineLoadTask`.
 *
 * @returns Statements for the commit, to be run before the load's own.
 */
export async function clearSample(
  publication: Publication,
  load: ClearingLoad,
): Promise<SqlStatement[]> {
  // Other first loads clear too: under the lock what is read here stays true
  // until the commit.
  await lockDerived(publication);
  const { rows } = await publication.connection.query<
    { source: string; part: string }
  >("select source, part from source_state where sample");
  const { rows: evidence } = await publication.connection.query<
    { load_id: string }
  >("select load_id from evidence_current where sample order by load_id");
  const loaded = loadedKeys(load);
  const tables = rows.map(({ source, part }) => `${source}/${part}`)
    .filter((key) => !loaded.has(key))
    .flatMap((key) => ANNOTATION_TABLES[key] ?? []).sort();
  if (evidence.length > 0 || tables.includes("hgnc")) {
    await deriveWithoutSample(publication);
  }
  // An embedded engine truncates in no time; on a server that would lock out
  // every reader of the table.
  const empty = publication.connection.mode === "embedded"
    ? "truncate"
    : "delete from";
  const loads = evidence.map(({ load_id }) => load_id);
  const sources = [
    ...new Set(Object.keys(ANNOTATION_TABLES).map((key) => key.split("/")[0]!)),
    ...EVIDENCE_SOURCES,
  ];
  return [
    ...tables.map((table) => ({ sql: `${empty} ${table}` })),
    { sql: `delete from evidence_rows where ${inList("load_id", loads)}` },
    { sql: `delete from evidence_current where sample` },
    {
      sql: `delete from source_state where sample and ${
        inList("source", sources)
      }`,
    },
  ];
}
