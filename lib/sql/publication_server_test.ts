import assert from "node:assert/strict";
import { serverSwap } from "./_server_swap.ts";
import {
  batchesOf,
  freshId,
  leftovers,
  rowsOf,
  startServer,
  type TestEngine,
} from "./_test_engines.ts";
import { beginPublication } from "./publication.ts";
import type { TableLoad } from "./publication_types.ts";
import type { SqlConnection } from "./types.ts";

let server: TestEngine;

Deno.test.beforeAll(async () => {
  server = await startServer();
});

Deno.test.afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const noteLoad = (rows: unknown[][]): TableLoad => ({
  table: "notes",
  columns: [{ name: "n", type: "int" }],
  key: [],
  batches: batchesOf(rows),
});

/** Fills `notes` with the old row 0 and answers two connections. */
async function withNotes(
  run: (connection: SqlConnection, reader: SqlConnection) => Promise<void>,
): Promise<void> {
  await using connection = await server.connect();
  await using reader = await server.connect();
  await reader.query("drop table if exists notes cascade");
  await reader.query("create table notes (n int)");
  await reader.query("insert into notes values (0)");
  await run(connection, reader);
  assert.deepEqual(await leftovers(reader), []);
}

const NOTES = "select n from notes order by n";

Deno.test("loadTable() of a table without a key lets readers go on until the commit", async () => {
  await withNotes(async (connection, reader) => {
    await using publication = await beginPublication(connection, {
      id: freshId(),
    });
    await publication.loadTable(noteLoad([[1], [2]]));
    assert.match(publication.name("notes"), /^notes__t/);
    assert.deepEqual(await rowsOf(reader, NOTES), ["0"]);
    await publication.commit([{
      sql: `insert into ${publication.name("notes")} values (3)`,
    }]);
    assert.deepEqual(await rowsOf(reader, NOTES), ["1", "2", "3"]);
  });
});

Deno.test("commit() waits for a reader in short turns, so that other readers get through", async () => {
  await withNotes(async (connection, reader) => {
    await using other = await server.connect();
    await reader.query("begin");
    assert.deepEqual(await rowsOf(reader, NOTES), ["0"]);
    await using publication = await beginPublication(connection, {
      id: freshId(),
    });
    await publication.loadTable(noteLoad([[1]]));
    let committed = false;
    const done = publication.commit().then(() => committed = true);
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert.deepEqual(await rowsOf(other, NOTES), ["0"]);
    }
    assert.equal(committed, false);
    await reader.query("commit");
    await done;
    assert.deepEqual(await rowsOf(reader, NOTES), ["1"]);
  });
});

Deno.test("a repeatable read transaction from before the swap sees all of the new rows", async () => {
  await withNotes(async (connection, reader) => {
    await reader.query("begin isolation level repeatable read");
    await reader.query("select 1");
    await using publication = await beginPublication(connection, {
      id: freshId(),
    });
    await publication.loadTable(noteLoad([[1], [2]]));
    await publication.commit();
    assert.deepEqual(await rowsOf(reader, NOTES), ["1", "2"]);
    await reader.query("commit");
  });
});

Deno.test("serverSwap() copies the rows over where a reader never ends", async () => {
  await withNotes(async (connection, reader) => {
    await reader.query(
      "alter table notes add column id int generated always as identity, add column twice int generated always as (n * 2) stored",
    );
    await reader.query("begin");
    assert.deepEqual(await rowsOf(reader, NOTES), ["0"]);
    await connection.query("begin");
    const swap = serverSwap(connection, {
      id: freshId(),
      signal: undefined,
      tries: 2,
    });
    const shadow = await swap.createBeside("notes");
    await connection.query(`insert into ${shadow} (n) values (7), (8)`);
    await swap.putInPlace();
    await connection.query("commit");
    await reader.query("commit");
    assert.deepEqual(
      await rowsOf(reader, "select n, id, twice from notes order by n"),
      ["7|2|14", "8|3|16"],
    );
  });
});

Deno.test("loadTable() empties a table that something depends on", async () => {
  await withNotes(async (connection, reader) => {
    await reader.query("create view all_notes as select n from notes");
    await using publication = await beginPublication(connection, {
      id: freshId(),
    });
    const counts = await publication.loadTable(noteLoad([[1], [2]]));
    assert.equal(publication.name("notes"), "notes");
    assert.equal(counts.removed, 1);
    await publication.commit();
    assert.deepEqual(await rowsOf(reader, "select n from all_notes"), [
      "1",
      "2",
    ]);
    await reader.query("drop view all_notes");
  });
});

Deno.test("loadTable() writes only rows that differ", async () => {
  await using connection = await server.connect();
  await connection.query("drop table if exists genes");
  await connection.query("create table genes (symbol text primary key, n int)");
  await connection.query(
    "insert into genes select 'G' || i, i from generate_series(1, 100) i",
  );
  const written = () =>
    rowsOf(
      connection,
      "select ctid, xmin, symbol from genes where symbol <> 'G7'",
    );
  const before = await written();
  await using publication = await beginPublication(connection, {
    id: freshId(),
  });
  const rows = Array.from({ length: 100 }, (_, i) => [`G${i + 1}`, i + 1]);
  rows[6] = ["G7", 70];
  const counts = await publication.loadTable({
    table: "genes",
    columns: [{ name: "symbol", type: "text" }, { name: "n", type: "int" }],
    key: ["symbol"],
    batches: batchesOf(rows),
  });
  await publication.commit();
  assert.equal(counts.updated, 1);
  assert.deepEqual(await written(), before);
});

Deno.test("the last of many rows of a key counts, however long rows are", async () => {
  await using connection = await server.connect();
  await connection.query("drop table if exists genes");
  await connection.query(
    "create table genes (symbol text primary key, n int, filler text)",
  );
  // Long rows leave room in earlier pages, which must not be filled later.
  const rows = Array.from(
    { length: 3000 },
    (_, i) => [`G${i % 10}`, i, "x".repeat(i % 7 === 0 ? 1900 : i % 50)],
  );
  await using publication = await beginPublication(connection, {
    id: freshId(),
  });
  const counts = await publication.loadTable({
    table: "genes",
    columns: ["symbol", "n", "filler"].map((name) => ({ name, type: "text" })),
    key: ["symbol"],
    batches: batchesOf(rows, 400),
  });
  await publication.commit();
  assert.equal(counts.duplicates, 2990);
  assert.deepEqual(
    await rowsOf(connection, "select n from genes order by n"),
    Array.from({ length: 10 }, (_, i) => String(2990 + i)),
  );
});

Deno.test("commit() refuses a transaction that a caught error has spoilt", async () => {
  await withNotes(async (connection, reader) => {
    await using publication = await beginPublication(connection, {
      id: freshId(),
    });
    await publication.appendRows(noteLoad([[1]]));
    await connection.query("select 1 / 0").catch(() => {});
    await assert.rejects(
      publication.commit(),
      /current transaction is aborted/,
    );
    await publication[Symbol.asyncDispose]();
    assert.deepEqual(await rowsOf(reader, NOTES), ["0"]);
  });
});

Deno.test("a connection that dies in mid-load leaves the old data and frees its locks", async () => {
  await withNotes(async (connection, reader) => {
    const run = async () => {
      await using publication = await beginPublication(connection, {
        id: freshId(),
      });
      const [pid] = await rowsOf(connection, "select pg_backend_pid()");
      await publication.loadTable({
        ...noteLoad([]),
        batches: async function* () {
          yield* batchesOf([[1]]);
          await reader.query("select pg_terminate_backend($1)", [pid]);
          // Whatever is sent before the end is known is lost.
          while (true) yield* batchesOf([[2], [3]]);
        }(),
      });
    };
    await assert.rejects(run, /terminat|closed|ended|reset|EPIPE/i);
    assert.deepEqual(await rowsOf(reader, NOTES), ["0"]);
    await using next = await beginPublication(reader, { id: freshId() });
    await next.lock("table:notes");
  });
});
