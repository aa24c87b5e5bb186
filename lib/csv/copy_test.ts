/** That PostgreSQL's COPY takes exactly what this folder gives it. */
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import fc from "fast-check";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { startPostgres } from "../../tests/helpers/postgres.ts";
import { chunked } from "./_test_chunks.ts";
import type { ColumnCheck } from "./_column_check.ts";
import { checkRows } from "./check_rows.ts";
import { createRejectionLog } from "./rejections.ts";
import { encodeRows } from "./row_writer.ts";
import type { RowBatch } from "./types.ts";

const SQL_TYPES = {
  text: "text",
  float: "double precision",
  integer: "integer",
  bigint: "bigint",
};

/** Copies batches into a new table and gives the rows back in order. */
async function throughCopy(
  client: pg.Client,
  types: readonly ColumnCheck["type"][],
  batches: AsyncIterable<RowBatch>,
): Promise<(string | null)[][]> {
  const columns = types.map((type, i) => `c${i} ${SQL_TYPES[type]}`);
  await client.query(`drop table if exists t`);
  await client.query(`create table t (n serial, ${columns.join(", ")})`);
  const names = types.map((_, i) => `c${i}`).join(", ");
  let rows = 0;
  const stream = client.query(
    copyFrom(`copy t (${names}) from stdin (format csv)`),
  );
  async function* bytes() {
    for await (const batch of batches) {
      rows += batch.rows;
      yield batch.bytes;
    }
  }
  await pipeline(Readable.from(bytes()), stream);
  assert.equal(stream.rowCount, rows);
  const casts = types.map((_, i) => `c${i}::text`).join(", ");
  const result = await client.query({
    text: `select ${casts} from t order by n`,
    rowMode: "array",
  });
  return result.rows;
}

const text = fc.string({
  unit: fc.constantFrom(...'ab,"\n\r\\. \t;é😀'.match(/./gsu)!),
  maxLength: 6,
});
const number = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."0123456789.eE+-"), maxLength: 8 }),
  fc.double().map(String),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
  fc.constantFrom("", "NaN", "inf", "1e308", "1e309", "4.9e-324", "1e-324"),
);

Deno.test("COPY takes exactly the rows of checkRows() and encodeRows()", async (t) => {
  await using server = await startPostgres();
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    await t.step("numbers of every spelling", async () => {
      for (const type of ["float", "integer", "bigint"] as const) {
        const values = fc.sample(number, 1000);
        const lines = values.map((value) => `x,${value}\n`).join("");
        const { batches, stats } = checkRows(chunked(lines), {
          columns: [{ type: "text" }, { type }],
          rejections: createRejectionLog(),
        });
        const rows = await throughCopy(client, ["text", type], batches);
        assert.equal(rows.length, stats.accepted);
        assert.equal(stats.rows, values.length);
      }
    });

    await t.step(
      "texts, one and two columns, quoted or tab separated",
      async () => {
        for (const width of [1, 2]) {
          const rows = fc.sample(
            fc.array(text, { minLength: width, maxLength: width }),
            500,
          );
          const types = Array<"text">(width).fill("text");
          const columns = types.map((type) => ({ type }));
          const quoted = rows.map((row) =>
            row.map((field) => `"${field.replaceAll('"', '""')}"`).join(";")
          ).join("\r\n");
          const checked = checkRows(chunked(quoted, [7000]), {
            columns,
            separator: ";",
            rejections: createRejectionLog(),
          });
          assert.deepEqual(
            await throughCopy(client, types, checked.batches),
            rows,
          );

          // Blank lines and `\.` alone are not rows of a bare text.
          const bare = rows
            .map((row) => row.map((field) => field.replace(/[\t\r\n]/g, "_")))
            .filter((row) => width > 1 || (row[0] !== "" && row[0] !== "\\."));
          const plain = checkRows(
            chunked(bare.map((row) => `${row.join("\t")}\n`).join("")),
            {
              columns,
              separator: "\t",
              quote: false,
              rejections: createRejectionLog(),
            },
          );
          assert.deepEqual(
            await throughCopy(client, types, plain.batches),
            bare,
          );
        }
      },
    );

    await t.step(
      "written rows, with NULL and the empty text apart",
      async () => {
        for (const width of [1, 2]) {
          const rows = fc.sample(
            fc.array(fc.option(text), { minLength: width, maxLength: width }),
            500,
          );
          const types = Array<"text">(width).fill("text");
          assert.deepEqual(
            await throughCopy(client, types, encodeRows(rows)),
            rows,
          );
        }
      },
    );
  } finally {
    await client.end();
  }
});
