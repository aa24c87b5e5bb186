/** A load whose job belongs to another attempt by now does not commit. */
import { beginPublication } from "@loophound/toolkit/sql";
import assert from "node:assert/strict";
import { onBothEngines } from "../tests/helpers/system.ts";

onBothEngines(
  "hold_job() refuses the commit of an attempt that is over,",
  async (system) => {
    const { engine: db } = system.backend;
    await using connection = await db.connect("load fence");
    await connection.query("create table fenced (a int primary key)");
    const job = crypto.randomUUID();
    await connection.query(
      `insert into jobs (id, source, input, request, dedup_key, progress, state,
         owner, attempts, lease_until)
       values ($1, 'x', '{}', '{}', 'x', '{}', 'running', 'me', 2,
         now() + interval '1 hour')`,
      [job],
    );
    const load = async (attempt: string, owner: string) => {
      await using publication = await beginPublication(connection, {
        id: "fence1",
      });
      await publication.loadTable({
        table: "fenced",
        columns: [{ name: "a", type: "int" }],
        key: ["a"],
        batches: async function* () {
          yield { bytes: new TextEncoder().encode("1\n2\n"), rows: 2 };
        }(),
      });
      await publication.commit([{
        sql: "select hold_job($1::text::uuid, $2::text::int, $3)",
        params: [job, attempt, owner],
      }]);
    };
    const rows = async () =>
      (await connection.query("select a from fenced")).rows.length;
    for (const [attempt, owner] of [["1", "me"], ["2", "another"]] as const) {
      await assert.rejects(load(attempt, owner), { code: "LH001" });
      assert.equal(await rows(), 0);
    }
    await load("2", "me");
    assert.equal(await rows(), 2);
    await connection.query("update jobs set state = 'cancelled'");
    await assert.rejects(load("2", "me"), { code: "LH001" });
  },
);
