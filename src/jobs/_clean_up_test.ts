import { beginPublication } from "@loophound/toolkit/sql";
import assert from "node:assert/strict";
import { openTestEngine } from "../db/_engine_fixture.ts";
import { connect } from "../db/connect.ts";
import { shadowId } from "../load_task.ts";
import { cleanUp } from "./_clean_up.ts";

/** Rows of which one comes twice: they take the detour by a slice. */
async function* batches() {
  const bytes = new TextEncoder().encode("1,a\n2,b\n1,c\n");
  yield await Promise.resolve({ bytes, rows: 3 });
}

Deno.test("cleanUp() drops what a thread that was ended has left, and nothing else", async () => {
  await using test = await openTestEngine("pglite");
  const { engine } = test;
  await engine.executeSql("create table words (id int primary key, word text)");
  const leave = async () => {
    const id = crypto.randomUUID();
    const address = engine.address(`load ${id}`);
    // Neither is disposed of: whoever held them is gone.
    const publication = await beginPublication(await connect(address), {
      id: shadowId(id),
    });
    await publication.loadTable({
      table: "words",
      columns: [{ name: "id", type: "int" }, { name: "word", type: "text" }],
      key: ["id"],
      batches: batches(),
    });
    return { id, address, connection: publication.connection };
  };
  const tables = async (id: string) => {
    const { rows } = await engine.executeSql(
      "select relname from pg_class where relkind = 'r' and relname like $1",
      [`%_${shadowId(id)}`],
    );
    return rows.map(({ relname }) => String(relname)).toSorted();
  };
  const gone = await leave();
  assert.ok((await tables(gone.id)).length > 0);
  const alive = crypto.randomUUID();
  await engine.executeSql(`create table words__${shadowId(alive)} (id int)`);
  await engine.executeSql(
    `comment on table words__${shadowId(alive)} is 'Loophound shadow of words'`,
  );

  await cleanUp(gone.id, { engine, addresses: [gone.address] });
  assert.deepEqual(await tables(gone.id), []);
  assert.equal((await tables(alive)).length, 1);
  // The lock on the table is free again.
  await using other = await engine.connect("other");
  await (await other.lock("table:words"))[Symbol.asyncDispose]();
  await gone.connection[Symbol.asyncDispose]();
});
