import assert from "node:assert/strict";
import { rowsOf, startServer, type TestEngine } from "./_test_engines.ts";

let server: TestEngine;

Deno.test.beforeAll(async () => {
  server = await startServer();
});

Deno.test.afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const bytes = (text: string) => new TextEncoder().encode(text);

async function* chunks(...texts: string[]) {
  for (const text of texts) {
    await Promise.resolve();
    yield bytes(text);
  }
}

const COPY = "copy numbers from stdin (format csv)";

async function connectWithNumbers() {
  const connection = await server.connect();
  await connection.query("create temp table numbers (n int)");
  return connection;
}

Deno.test("copyFrom() answers how many rows were taken", async () => {
  await using connection = await connectWithNumbers();
  assert.equal(await connection.copyFrom(COPY, chunks("1\n2", "\n3\n")), 3);
  assert.equal(await connection.copyFrom(COPY, chunks()), 0);
  assert.deepEqual(await rowsOf(connection, "select sum(n) from numbers"), [
    "6",
  ]);
});

Deno.test("copyFrom() fails as the server says and stays usable", async () => {
  await using connection = await connectWithNumbers();
  const many = "1\n".repeat(100_000);
  for (let i = 0; i < 3; i++) {
    let returned = 0;
    await assert.rejects(
      connection.copyFrom(
        COPY,
        async function* () {
          try {
            yield* chunks("1\nx\n");
            for (let j = 0; j < 200; j++) yield* chunks(many);
          } finally {
            returned++;
          }
        }(),
      ),
      /invalid input syntax for type integer: "x"/,
    );
    assert.equal(returned, 1);
    assert.deepEqual(await rowsOf(connection, "select count(*) from numbers"), [
      "0",
    ]);
  }
  await assert.rejects(
    connection.copyFrom("copy nowhere from stdin", chunks("1\n", "2\n")),
    /relation "nowhere" does not exist/,
  );
  assert.equal(await connection.copyFrom(COPY, chunks("1\n")), 1);
});

Deno.test("copyFrom() fails as its source does and stays usable", async () => {
  await using connection = await connectWithNumbers();
  const failure = new Error("the file ended early");
  for (const first of [[], ["1\n"]]) {
    await assert.rejects(
      connection.copyFrom(
        COPY,
        async function* () {
          yield* chunks(...first);
          throw failure;
        }(),
      ),
      (error) => error === failure,
    );
  }
  assert.equal(await connection.copyFrom(COPY, chunks("1\n")), 1);
  assert.deepEqual(await rowsOf(connection, "select count(*) from numbers"), [
    "1",
  ]);
});

Deno.test("copyFrom() takes no more from its source than the server does", async () => {
  await using connection = await connectWithNumbers();
  await using blocker = await server.connect();
  await blocker.query("create table shared (line text)");
  await blocker.query("begin");
  await blocker.query("lock table shared in access exclusive mode");
  const chunk = bytes(("x".repeat(8191) + "\n").repeat(128));
  let taken = 0;
  const copying = connection.copyFrom(
    "copy shared from stdin (format csv)",
    async function* () {
      for (; taken < 20; taken++) yield chunk;
    }(),
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok(taken <= 1, `${taken} chunks were taken`);
  await blocker.query("rollback");
  assert.equal(await copying, 20 * 128);
});

Deno.test("batch() runs all statements or none", async () => {
  await using connection = await connectWithNumbers();
  const [copied, inserted] = await connection.batch([
    { sql: COPY, copy: bytes("1\n2\n") },
    { sql: "insert into numbers values ($1)", params: [3] },
  ]);
  assert.deepEqual([copied?.affected, inserted?.affected], [2, 1]);
  await assert.rejects(
    connection.batch([
      { sql: "delete from numbers" },
      { sql: COPY, copy: bytes("1\nx\n") },
    ]),
    /invalid input syntax/,
  );
  assert.deepEqual(await rowsOf(connection, "select count(*) from numbers"), [
    "3",
  ]);
});

Deno.test("batch() joins a transaction that is open", async () => {
  await using connection = await connectWithNumbers();
  await connection.query("begin");
  await connection.batch([{ sql: "insert into numbers values (1)" }]);
  await connection.query("rollback");
  assert.deepEqual(await rowsOf(connection, "select count(*) from numbers"), [
    "0",
  ]);
});

Deno.test("lock() is let go of when the connection closes", async () => {
  await using second = await server.connect();
  {
    await using first = await server.connect();
    await first.lock("genes");
    await assert.rejects(
      second.lock("genes", { signal: AbortSignal.abort(new Error("enough")) }),
      /enough/,
    );
  }
  await using _lock = await second.lock("genes");
});
