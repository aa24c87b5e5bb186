import assert from "node:assert/strict";
import pg from "pg";
import type { Check } from "./_engine_fixture.ts";
import { connect } from "./connect.ts";

/** What every engine does for jobs, loads and whoever looks after it. */
export const connectionContract: Record<string, Check> = {
  async "executeSql() runs several statements and leaves no transaction"(
    { engine },
  ) {
    assert.deepEqual(
      (await engine.executeSql(
        "begin; insert into item values (1, 'a') returning id; select 2 as two; commit",
      )).rows,
      [{ id: 1 }, { two: 2 }],
    );
    await assert.rejects(
      engine.executeSql("begin; delete from item; select 1/0; commit"),
      /division by zero/,
    );
    assert.deepEqual(
      (await engine.executeSql("select id from item where id = $1", [1])).rows,
      [{ id: 1 }],
    );
    await engine.executeSql("delete from item");
  },

  async "connect(address()) queries and runs batches, all or none"({ engine }) {
    await using connection = await connect(engine.address("test"));
    assert.deepEqual(
      (await connection.query("select $1::int as a", [3])).rows,
      [{ a: 3 }],
    );
    const results = await connection.batch([
      { sql: "insert into item values (1, 'a'), (2, 'b')" },
      {
        sql: "copy item from stdin (format csv)",
        copy: new TextEncoder().encode('3,"c, d"\n4,\n'),
      },
      { sql: "select name from item where id = $1", params: [3] },
    ]);
    assert.deepEqual(results.map(({ affected }) => affected).slice(0, 2), [
      2,
      2,
    ]);
    assert.deepEqual(results[2]?.rows, [{ name: "c, d" }]);
    await assert.rejects(
      connection.batch([
        { sql: "delete from item" },
        {
          sql: "copy item from stdin (format csv)",
          copy: new TextEncoder().encode("not a number,x\n"),
        },
        { sql: "select 1" },
      ]),
      (error) => error instanceof pg.DatabaseError && error.code === "22P02",
    );
    assert.equal((await connection.query("delete from item")).affected, 4);
  },

  async "lock() lets one in at a time, in order, until disposed of"(
    { engine },
  ) {
    await using a = await engine.connect("a");
    await using b = await connect(engine.address("b"));
    const c = await connect(engine.address("c"));
    const order: string[] = [];
    const held = await a.lock("x");
    await (await b.lock("y"))[Symbol.asyncDispose]();
    const second = b.lock("x").then((lock) => {
      order.push("b");
      return lock;
    });
    await a.query("select 1");
    order.push("a is done");
    await held[Symbol.asyncDispose]();
    const lock = await second;
    assert.deepEqual(order, ["a is done", "b"]);
    await lock[Symbol.asyncDispose]();
    // Who no longer wants to wait is not given it later.
    const again = await a.lock("x");
    const signal = AbortSignal.timeout(50);
    await assert.rejects(b.lock("x", { signal }), { name: "TimeoutError" });
    await again[Symbol.asyncDispose]();
    // A connection that closes lets go of what it held.
    await c.lock("x");
    await c[Symbol.asyncDispose]();
    await (await a.lock("x"))[Symbol.asyncDispose]();
  },

  async "release() frees what the holder of an address held"({ engine }) {
    const address = engine.address("gone");
    const lost = await connect(address);
    await lost.lock("z");
    await using other = await engine.connect("other");
    const waiting = other.lock("z");
    await engine.release!(address);
    await (await waiting)[Symbol.asyncDispose]();
    await assert.rejects(lost.query("select 1"));
    await lost[Symbol.asyncDispose]();
  },

  async "ping() and sizeBytes() answer"({ engine }) {
    await engine.ping();
    assert.ok(await engine.sizeBytes() > 1_000_000);
    assert.match(engine.description, /PostgreSQL \d+/);
  },
};
