import assert from "node:assert/strict";
import { type Kysely, sql } from "kysely";
import pg from "pg";
import { zoo } from "./_contract_zoo.ts";
import type { Check } from "./_engine_fixture.ts";

interface Schema {
  item: { id: number; name: string | null };
}

/** What the light lane of every engine does. */
export const lightContract: Record<string, Check> = {
  async "light.execute() answers the same values on both engines"({ engine }) {
    const { rows } = await sql<Record<string, unknown>>`${sql.raw(zoo)}`
      .execute(engine.light);
    assert.deepEqual(rows, [{
      i: 1,
      big: "9007199254740993",
      small: 7,
      n: "1.10",
      f: 0.1,
      nan: NaN,
      yes: true,
      none: null,
      empty: "",
      'odd, "name"': 'a "b",\n\\c\\ ä\t(d)',
      at: new Date("2024-01-02T01:04:05.678Z"),
      day: "2024-05-05",
      iv: "1 day 02:00:00",
      j: { b: [1, "x"], a: null },
      arr: ["x", "y z", null, 'q"q'],
      bytes: rows[0]?.["bytes"],
    }]);
    assert.deepEqual([...rows[0]!["bytes"] as Uint8Array], [1, 255]);
  },

  async "light.execute() takes the same parameters on both engines"(
    { engine },
  ) {
    const { rows } = await sql`select ${7}::int as i, ${null}::text as none,
      ${["a", 'b"c\\', null]}::text[] as arr, ${[[1, 2], [
      3,
      4,
    ]]}::int[] as deep,
      ${{ a: [1] }}::jsonb as j, ${new Date(5)}::timestamptz as at,
      ${new Uint8Array([0, 9])}::bytea as bytes, ${"ä'$1"}::text as t,
      ${false}::bool as no, ${10n ** 18n}::bigint as big`.execute(engine.light);
    const { bytes, ...rest } = rows[0] as { bytes: Uint8Array };
    assert.deepEqual([...bytes], [0, 9]);
    assert.deepEqual(rest, {
      i: 7,
      none: null,
      arr: ["a", 'b"c\\', null],
      deep: [[1, 2], [3, 4]],
      j: { a: [1] },
      at: new Date(5),
      t: "ä'$1",
      no: false,
      big: "1000000000000000000",
    });
  },

  async "light.execute() counts what a statement changed"({ engine }) {
    const db = engine.light as Kysely<Schema>;
    const inserted = await db.insertInto("item")
      .values([{ id: 1, name: "a" }, { id: 2, name: "b" }])
      .executeTakeFirst();
    assert.equal(inserted.numInsertedOrUpdatedRows, 2n);
    const updated = await db.updateTable("item").set({ name: "c" })
      .where("id", ">", 1).executeTakeFirst();
    assert.equal(updated.numUpdatedRows, 1n);
    assert.deepEqual(
      await db.deleteFrom("item").returning("id").execute(),
      [{ id: 1 }, { id: 2 }],
    );
  },

  async "light.execute() throws the database's error with its fields"(
    { engine },
  ) {
    const db = engine.light as Kysely<Schema>;
    await assert.rejects(
      sql`select * from nowhere`.execute(db),
      (error) =>
        error instanceof pg.DatabaseError && error.code === "42P01" &&
        error.position === "15",
    );
    await db.insertInto("item").values({ id: 9, name: null }).execute();
    await assert.rejects(
      db.insertInto("item").values({ id: 9, name: null }).execute(),
      (error) =>
        error instanceof pg.DatabaseError && error.code === "23505" &&
        error.constraint === "item_pkey" && error.table === "item" &&
        error.detail === "Key (id)=(9) already exists.",
    );
    await db.deleteFrom("item").execute();
  },

  async "light.transaction() keeps other queries out"({ engine }) {
    const db = engine.light as Kysely<Schema>;
    let beside!: Promise<unknown>;
    await assert.rejects(
      db.transaction().execute(async (trx) => {
        await trx.insertInto("item").values({ id: 1, name: "undone" })
          .execute();
        beside = db.insertInto("item").values({ id: 2, name: "kept" })
          .execute();
        await trx.selectFrom("item").selectAll().execute();
        throw new Error("undo");
      }),
      /undo/,
    );
    await beside;
    assert.deepEqual(
      await db.selectFrom("item").select("name").execute(),
      [{ name: "kept" }],
    );
    // Many at once, each counting what it alone has added.
    await Promise.all(
      Array.from(
        { length: 8 },
        (_, index) =>
          db.transaction().execute(async (trx) => {
            const { rows: before } = await sql<
              { n: number }
            >`select count(*) as n from item where name = ${`t${index}`}`
              .execute(trx);
            await trx.insertInto("item")
              .values({ id: 100 + index, name: `t${index}` }).execute();
            assert.equal(before[0]?.n, 0);
            if (index % 2 === 1) {
              throw new Error("odd");
            }
          }).catch((error: Error) => assert.equal(error.message, "odd")),
      ),
    );
    const left = await db.selectFrom("item").select("id")
      .where("id", ">=", 100).orderBy("id").execute();
    assert.deepEqual(left.map(({ id }) => id), [100, 102, 104, 106]);
    await db.deleteFrom("item").execute();
  },

  async "light.transaction() has savepoints and tells a commit that failed"(
    { engine },
  ) {
    const db = engine.light as Kysely<Schema>;
    const trx = await db.startTransaction().execute();
    await trx.insertInto("item").values({ id: 1, name: "a" }).execute();
    const after = await trx.savepoint("here").execute();
    await after.insertInto("item").values({ id: 2, name: "b" }).execute();
    const back = await after.rollbackToSavepoint("here").execute();
    await back.commit().execute();
    assert.equal((await db.selectFrom("item").selectAll().execute()).length, 1);
    await assert.rejects(
      db.transaction().execute(async (trx) => {
        await sql`select 1/0`.execute(trx).catch(() => {});
      }),
    );
    await db.deleteFrom("item").execute();
  },
};
