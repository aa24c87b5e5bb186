import assert from "node:assert/strict";
import {
  batchesOf,
  batchOf,
  freshId,
  leftovers,
  rowsOf,
  startPglite,
  type TestEngine,
} from "./_test_engines.ts";
import { dropAbandonedShadows } from "./drop_abandoned_shadows.ts";
import { beginPublication } from "./publication.ts";
import type { SqlConnection } from "./types.ts";

let engine: TestEngine;

Deno.test.beforeAll(async () => {
  engine = await startPglite();
});

Deno.test.afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

const GENES = "select symbol, n from genes order by symbol";
const COLUMNS = [{ name: "symbol", type: "text" }, { name: "n", type: "int" }];

/** A connection to `genes`, which holds the old row A, and a count of turns. */
async function connectWithGenes(): Promise<
  SqlConnection & { turns: () => number }
> {
  const connection = await engine.connect();
  await connection.query("drop table if exists genes cascade");
  await connection.query(
    "create table genes (symbol text primary key, n int constraint small check (n < 1000000))",
  );
  await connection.query("insert into genes values ('A', 1)");
  let turns = 0;
  return {
    ...connection,
    batch(statements) {
      turns++;
      return connection.batch(statements);
    },
    query(sql, params) {
      turns++;
      return connection.query(sql, params);
    },
    turns: () => turns,
  };
}

Deno.test("loadTable() lets readers see the old rows between its slices", async () => {
  await using connection = await connectWithGenes();
  await using reader = await engine.connect();
  const seen: string[][] = [];
  await using publication = await beginPublication(connection, {
    id: freshId(),
    sliceRows: 2,
  });
  await publication.loadTable({
    table: "genes",
    columns: COLUMNS,
    key: ["symbol"],
    batches: async function* () {
      for (const symbol of ["B", "C", "D", "E", "F"]) {
        yield batchOf([[symbol, 2]]);
        seen.push(await rowsOf(reader, GENES));
      }
    }(),
  });
  assert.deepEqual(seen, Array(5).fill(["A|1"]));
  assert.deepEqual(await rowsOf(reader, GENES), ["A|1"]);
  const before = connection.turns();
  await publication.commit();
  assert.equal(connection.turns() - before, 1);
  assert.equal((await rowsOf(reader, GENES)).length, 5);
  assert.deepEqual(await leftovers(reader), []);
});

Deno.test("loadTable() cuts large batches and joins small ones", async () => {
  const rows = Array.from({ length: 100 }, (_, i) => [`G${i}`, i]);
  const turns: number[] = [];
  for (const size of [1, 100]) {
    await using connection = await connectWithGenes();
    await using publication = await beginPublication(connection, {
      id: freshId(),
      sliceRows: 10,
    });
    const before = connection.turns();
    await publication.loadTable({
      table: "genes",
      columns: COLUMNS,
      key: ["symbol"],
      batches: batchesOf(rows, size),
    });
    turns.push(connection.turns() - before);
  }
  assert.equal(turns[0], turns[1]);
  assert.ok(turns[0]! >= 10 && turns[0]! < 25, `${turns[0]} turns`);
});

Deno.test("loadTable() does not try rows directly again and again where keys repeat", async () => {
  await using connection = await connectWithGenes();
  await using publication = await beginPublication(connection, {
    id: freshId(),
    sliceRows: 2,
  });
  const rows = Array.from({ length: 40 }, (_, i) => ["same", i]);
  const before = connection.turns();
  const counts = await publication.loadTable({
    table: "genes",
    columns: COLUMNS,
    key: ["symbol"],
    batches: batchesOf(rows, 40),
  });
  // 20 slices and a dozen turns before and after; 20 more if all were tried.
  const turns = connection.turns() - before;
  assert.ok(turns < 45, `${turns} turns`);
  assert.deepEqual([counts.duplicates, counts.inserted], [39, 1]);
  await publication.commit();
  assert.deepEqual(await rowsOf(connection, GENES), ["same|39"]);
});

Deno.test("loadTable() takes only the rows by a detour whose keys come again", async () => {
  await using connection = await connectWithGenes();
  await using publication = await beginPublication(connection, {
    id: freshId(),
    sliceRows: 2_000,
  });
  // Now and then a key of the same slice or of an earlier one.
  const rows = Array.from({ length: 10_000 }, (_, i) => {
    const of = i % 700 === 699 ? i - 1 : i % 900 === 899 ? i - 890 : i;
    return [`G${of}`, i];
  });
  const newest = new Map(rows.map(([symbol, n]) => [symbol, n]));
  const before = connection.turns();
  const counts = await publication.loadTable({
    table: "genes",
    columns: COLUMNS,
    key: ["symbol"],
    batches: batchesOf(rows, 1_000),
  });
  const turns = connection.turns() - before;
  assert.ok(turns < 200, `${turns} turns`);
  assert.deepEqual(
    [counts.duplicates, counts.inserted],
    [rows.length - newest.size, newest.size],
  );
  await publication.commit();
  assert.deepEqual(
    await rowsOf(connection, GENES),
    [...newest].map(([symbol, n]) => `${symbol}|${n}`).sort((a, b) =>
      a.replace("|", " ") < b.replace("|", " ") ? -1 : 1
    ),
  );
});

Deno.test("commit() keeps the names, comments and limits of a table", async () => {
  await using connection = await connectWithGenes();
  await connection.query("create index genes_n on genes (n) where n > 0");
  await connection.query("create index genes_n2 on genes (n) where n > 0");
  await connection.query("comment on table genes is 'One row a gene'");
  const facts = () =>
    rowsOf(
      connection,
      `select indexdef from pg_indexes where tablename = 'genes'
      union all select conname || pg_get_constraintdef(oid) from pg_constraint where conrelid = 'genes'::regclass
      union all select obj_description('genes'::regclass) order by 1`,
    );
  const before = await facts();
  for (let i = 0; i < 2; i++) {
    await using publication = await beginPublication(connection, {
      id: "same",
    });
    await publication.loadTable({
      table: "genes",
      columns: COLUMNS,
      key: ["symbol"],
      batches: batchesOf([["B", i]]),
    });
    await publication.commit();
  }
  assert.deepEqual(await facts(), before);
});

Deno.test("loadTable() refuses a table that cannot be replaced", async () => {
  await using connection = await connectWithGenes();
  await connection.query("create view all_genes as select * from genes");
  await connection.query("create table notes (symbol text references genes)");
  await connection.query("create table counted (id serial, n int)");
  try {
    for (
      const [table, reason] of [
        ["genes", /that does not work with foreign key notes_symbol_fkey/],
        ["notes", /foreign key/],
        ["counted", /sequence counted_id_seq of a serial column/],
        ["all_genes", /it is not an ordinary table/],
        ["nowhere", /relation "nowhere" does not exist/],
      ] as const
    ) {
      await using publication = await beginPublication(connection, {
        id: freshId(),
      });
      await assert.rejects(
        publication.loadTable({
          table,
          columns: COLUMNS,
          key: [],
          batches: batchesOf([]),
        }),
        reason,
      );
    }
  } finally {
    await connection.query("drop table genes, notes, counted cascade");
  }
});

Deno.test("dropAbandonedShadows() drops what a killed process left, and no more", async () => {
  await using connection = await connectWithGenes();
  await connection.query("create table genes__backup (n int)");
  // Never disposed of: that is what being killed amounts to.
  const killed = await beginPublication(connection, { id: "killed" });
  await killed.loadTable({
    table: "genes",
    columns: COLUMNS,
    key: ["symbol"],
    batches: batchesOf([["B", 2]]),
  });
  assert.deepEqual(await dropAbandonedShadows(connection), ["genes__killed"]);
  assert.deepEqual(await dropAbandonedShadows(connection), []);
  assert.deepEqual(await rowsOf(connection, GENES), ["A|1"]);
  await connection.query("drop table genes__backup");
});

Deno.test("appendRows() shows rows at once and dispose removes only its own", async () => {
  await using connection = await connectWithGenes();
  {
    await using publication = await beginPublication(connection, {
      id: freshId(),
      sliceRows: 1,
    });
    await publication.appendRows({
      table: "genes",
      columns: COLUMNS,
      batches: batchesOf([["B", 2], ["C", 3]]),
    });
    await connection.query("insert into genes values ('D', 4)");
    assert.equal((await rowsOf(connection, GENES)).length, 4);
  }
  assert.deepEqual(await rowsOf(connection, GENES), ["A|1", "D|4"]);
});

Deno.test("copied rows that do not arrive fail the load", async () => {
  await using connection = await connectWithGenes();
  // A rule or a trigger may swallow rows; COPY then counts fewer.
  await connection.query(
    "create function swallow() returns trigger language plpgsql as $$ begin return null; end $$",
  );
  await connection.query(
    "create trigger swallow before insert on genes for each row when (new.n = 2) execute function swallow()",
  );
  await using publication = await beginPublication(connection, {
    id: freshId(),
  });
  await assert.rejects(
    publication.appendRows({
      table: "genes",
      columns: COLUMNS,
      batches: batchesOf([["B", 2], ["C", 3]]),
    }),
    /Cannot load table "genes": COPY took 1 rows of the 2 that were sent/,
  );
  await publication[Symbol.asyncDispose]();
  assert.deepEqual(await rowsOf(connection, GENES), ["A|1"]);
});
