import { PGlite } from "@electric-sql/pglite";
import {
  beginPublication,
  pgConnection,
  pgliteConnection,
  type Publication,
  type SqlConnection,
  type SqlStatement,
} from "@loophound/toolkit/sql";
import { Kysely, PGliteDialect, PostgresDialect } from "kysely";
import pg from "pg";
import { startPostgres } from "../../../tests/helpers/postgres.ts";
import type { HeavyQuery } from "../../db/types.ts";
import { deriveGenes } from "./derive.ts";
import { migrations } from "./migrations.ts";
import type { GenesSchema } from "./schema.ts";

/** A database with the schema of the collection and nothing in it. */
export interface TestDatabase {
  readonly engine: "PGlite" | "PostgreSQL";
  readonly db: Kysely<GenesSchema>;
  readonly connection: SqlConnection;
  query<R>(sql: string, params?: unknown[]): Promise<R[]>;
  heavy<R>(query: HeavyQuery): Promise<R>;
  /** Runs a function in a publication; its statements end up in the commit. */
  publish(
    run: (publication: Publication) => Promise<readonly SqlStatement[] | void>,
    options?: { sliceRows?: number },
  ): Promise<{ rebuilt: string[] }>;
}

/** The core table that stands beside those of collections. */
const CORE = `
create table source_state (
  source text, part text, sha256 text, fields jsonb, loader_version integer,
  load_id text, sample boolean not null default false, bytes bigint,
  counts jsonb, meta jsonb, loaded_at timestamptz not null default now(),
  primary key (source, part)
);`;

/** Publications of all tests, so that each has an id of its own. */
let publications = 0;

function testDatabase(
  engine: TestDatabase["engine"],
  { connection, db }: { connection: SqlConnection; db: Kysely<GenesSchema> },
): TestDatabase {
  return {
    engine,
    db,
    connection,
    query: async <R>(sql: string, params?: unknown[]) =>
      (await connection.query<R>(sql, params)).rows,
    async heavy<R>(query: HeavyQuery) {
      const { rows } = await connection.query<Record<string, string>>(
        query.sql,
        query.parameters,
      );
      return JSON.parse(Object.values(rows[0]!)[0]!) as R;
    },
    async publish(run, { sliceRows = 3 } = {}) {
      await using publication = await beginPublication(connection, {
        id: `test${++publications}`,
        sliceRows,
      });
      const rebuilt: string[] = [];
      const statements = await run({
        ...publication,
        rebuildTable(options) {
          rebuilt.push(options.table);
          return publication.rebuildTable(options);
        },
      });
      await publication.commit(statements ?? []);
      return { rebuilt };
    },
  };
}

type Cases = Record<string, (database: TestDatabase) => Promise<void>>;

/** Runs each case on an empty schema. */
async function runCases(
  t: Deno.TestContext,
  { database, exec, cases }: {
    database: TestDatabase;
    exec: (sql: string) => Promise<unknown>;
    cases: Cases;
  },
): Promise<void> {
  for (const [name, test] of Object.entries(cases)) {
    await t.step(name, async () => {
      await exec("drop schema public cascade; create schema public;" + CORE);
      for (const { sql } of migrations) await exec(sql);
      await test(database);
    });
  }
}

/** Runs each case on an empty database, on both engines. */
export function onBothDatabases(name: string, cases: Cases): void {
  Deno.test(`${name} on PGlite`, async (t) => {
    const pglite = await PGlite.create();
    const db = new Kysely<GenesSchema>({
      dialect: new PGliteDialect({ pglite }),
    });
    await using connection = pgliteConnection(pglite);
    await runCases(t, {
      database: testDatabase("PGlite", { connection, db }),
      exec: (sql) => pglite.exec(sql),
      cases,
    });
    await db.destroy();
    if (!pglite.closed) await pglite.close();
  });
  Deno.test(`${name} on PostgreSQL`, async (t) => {
    await using server = await startPostgres();
    const connectionString = await server.createDatabase();
    const client = new pg.Client({ connectionString });
    await client.connect();
    const pool = new pg.Pool({ connectionString, max: 1 });
    const db = new Kysely<GenesSchema>({
      dialect: new PostgresDialect({ pool }),
    });
    await using connection = pgConnection(client, {
      close: () => client.end(),
    });
    await runCases(t, {
      database: testDatabase("PostgreSQL", { connection, db }),
      exec: (sql) => client.query(sql),
      cases,
    });
    await db.destroy();
    // A Kysely that ran nothing closes nothing.
    if (!pool.ended) await pool.end();
  });
}

/** A row of evidence as a source writes it. */
export interface EvidenceInput {
  source: string;
  detail: string;
  symbol: string;
  hgncId?: string | null;
  data?: Record<string, unknown>;
}

/** A gene of HGNC. */
export interface HgncInput {
  id: string;
  symbol: string;
  status?: string;
  name?: string;
  aliases?: string[];
  previous?: string[];
}

/** Puts HGNC in place, without deriving. */
export async function putHgnc(
  database: TestDatabase,
  genes: readonly HgncInput[],
): Promise<void> {
  await database.query("truncate hgnc");
  const docs = genes.map((gene) => ({
    hgnc_id: gene.id,
    symbol: gene.symbol,
    status: gene.status ?? "Approved",
    name: gene.name ?? null,
    alias_symbols: gene.aliases ?? [],
    prev_symbols: gene.previous ?? [],
    doc: {
      hgnc_id: gene.id,
      symbol: gene.symbol,
      location: "16p13.3",
      uuid: "left out",
    },
  }));
  await database.query(
    `insert into hgnc (hgnc_id, symbol, name, status, alias_symbols,
       prev_symbols, doc)
     select hgnc_id, symbol, name, status, alias_symbols, prev_symbols, doc
     from jsonb_to_recordset($1::text::jsonb) as t(hgnc_id text, symbol text,
       name text, status text, alias_symbols text[], prev_symbols text[],
       doc jsonb)`,
    [JSON.stringify(docs)],
  );
}

/** Adds rows of evidence under a load's id, without making them count. */
export async function appendEvidence(
  database: TestDatabase,
  rows: readonly EvidenceInput[],
  options: { loadId?: (row: EvidenceInput) => string } = {},
): Promise<void> {
  const { loadId = ({ source, detail }) => `load ${source}/${detail}` } =
    options;
  await database.query(
    `insert into evidence_rows (load_id, source_name, source_detail, symbol,
       hgnc_id, reported_as, evidence_data)
     select load_id, source, detail, symbol, hgnc_id, symbol, data
     from jsonb_to_recordset($1::text::jsonb) as t(load_id text, source text,
       detail text, symbol text, hgnc_id text, data jsonb)`,
    [JSON.stringify(rows.map((row) => ({
      load_id: loadId(row),
      source: row.source,
      detail: row.detail,
      symbol: row.symbol,
      hgnc_id: row.hgncId ?? null,
      data: row.data ?? {},
    })))],
  );
}

/** Makes rows the current evidence and derives everything from scratch. */
export async function putEvidence(
  database: TestDatabase,
  rows: readonly EvidenceInput[],
  options: { sample?: boolean; sliceRows?: number } = {},
): Promise<void> {
  await database.query("truncate evidence_rows, evidence_current");
  await appendEvidence(database, rows);
  await database.query(
    `insert into evidence_current
     select distinct source_name, source_detail, load_id, $1::boolean
     from evidence_rows`,
    [options.sample ?? false],
  );
  await database.publish(
    (publication) =>
      deriveGenes(publication, { hgncReplaced: true, withoutSample: false }),
    { sliceRows: options.sliceRows ?? 3 },
  );
}
