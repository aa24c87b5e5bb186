import { PGlite } from "@electric-sql/pglite";
import assert from "node:assert/strict";
import { copyFromBlob } from "./copy_from_blob.ts";
import { pgliteConnection } from "./pglite_connection.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("pgliteConnection() runs statements, batches and locks", async () => {
  await using pglite = await PGlite.create();
  await using connection = pgliteConnection(pglite);
  await connection.query("create table numbers (n int)");
  const results = await connection.batch([
    { sql: "copy numbers from stdin (format csv)", copy: bytes("1\n2\n") },
    { sql: "insert into numbers values ($1)", params: [3] },
    { sql: "select sum(n)::int as sum from numbers" },
  ]);
  assert.deepEqual(results.map((result) => result.affected), [2, 1, 0]);
  assert.deepEqual(results[2]?.rows, [{ sum: 6 }]);
  await assert.rejects(
    connection.batch([
      { sql: "delete from numbers" },
      { sql: "copy numbers from stdin (format csv)", copy: bytes("x\n") },
    ]),
    /invalid input syntax/,
  );
  const { rows } = await connection.query(
    "select count(*)::int as n from numbers",
  );
  assert.deepEqual(rows, [{ n: 3 }]);
  await assert.rejects(
    connection.copyFrom("copy numbers from stdin", (async function* () {})()),
    /an embedded engine takes COPY only in a batch/,
  );

  const other = pgliteConnection(pglite);
  const order: string[] = [];
  const first = await connection.lock("a");
  await (await other.lock("b"))[Symbol.asyncDispose]();
  const aborted = new AbortController();
  const second = other.lock("a", { signal: aborted.signal });
  const third = other.lock("a").then((lock) => {
    order.push("third");
    return lock;
  });
  aborted.abort(new Error("gave up"));
  await assert.rejects(second, /gave up/);
  await Promise.resolve();
  order.push("first");
  await first[Symbol.asyncDispose]();
  await third;
  assert.deepEqual(order, ["first", "third"]);
  // Closing the connection lets go of what it holds.
  await other[Symbol.asyncDispose]();
  await using _last = await connection.lock("a");
});

Deno.test("copyFromBlob() leaves quoted text alone", () => {
  assert.equal(
    copyFromBlob(
      `COPY "from stdin" FROM  STDIN (format csv, null 'from stdin', quote E'\\'from stdin')`,
    ),
    `COPY "from stdin" from '/dev/blob' (format csv, null 'from stdin', quote E'\\'from stdin')`,
  );
  assert.throws(
    () => copyFromBlob(`copy "from stdin" to stdout`),
    /it does not say FROM STDIN/,
  );
});
