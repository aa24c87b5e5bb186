import fc from "fast-check";
import assert from "node:assert/strict";
import {
  batchesOf,
  batchOf,
  freshId,
  leftovers,
  rowsOf,
  startPglite,
  startServer,
  type TestEngine,
} from "./_test_engines.ts";
import { beginPublication } from "./publication.ts";
import type { TableLoad, TableLoadCounts } from "./publication_types.ts";
import type { SqlConnection } from "./types.ts";

const engines = new Map<string, TestEngine>();

Deno.test.beforeAll(async () => {
  engines.set("postgres", await startServer());
  engines.set("pglite", await startPglite());
});

Deno.test.afterAll(async () => {
  for (const engine of engines.values()) await engine[Symbol.asyncDispose]();
});

const GENE_COLUMNS = [
  { name: "symbol", type: "text" },
  { name: "tpm", type: "double precision" },
  { name: "note", type: "text" },
];

const geneLoad = (
  batches: TableLoad["batches"],
  more: Partial<TableLoad> = {},
): TableLoad => ({
  table: "genes",
  columns: GENE_COLUMNS,
  key: ["symbol"],
  batches,
  ...more,
});

const counts = (more: Partial<TableLoadCounts>): TableLoadCounts => ({
  rows: 0,
  duplicates: 0,
  inserted: 0,
  updated: 0,
  unchanged: 0,
  unresolved: 0,
  removed: 0,
  ...more,
});

/** Runs a test on both engines, with an empty table `genes`. */
function testBoth(
  name: string,
  run: (
    open: () => Promise<SqlConnection>,
    connection: SqlConnection,
  ) => Promise<void>,
): void {
  for (const engine of ["postgres", "pglite"]) {
    Deno.test(`${name} on ${engine}`, async () => {
      const open = () => engines.get(engine)!.connect();
      await using connection = await open();
      await connection.query("drop table if exists genes");
      await connection.query(
        "create table genes (symbol text primary key, tpm double precision, note text)",
      );
      await run(open, connection);
      assert.deepEqual(await leftovers(connection), []);
    });
  }
}

const GENES = "select * from genes order by symbol";

testBoth("loadTable() counts what became of the rows", async (open, reader) => {
  await reader.query(
    "insert into genes values ('A', 1, null), ('B', 2, 'b'), ('C', 3, 'c'), ('D', 4, 'd')",
  );
  await using connection = await open();
  await using publication = await beginPublication(connection, {
    id: freshId(),
    sliceRows: 2,
  });
  const seen: number[] = [];
  const result = await publication.loadTable(geneLoad(
    batchesOf([
      ["A", 9, "early"],
      ["B", 2, "b"],
      ["C", 3.5, "c"],
      ["N", 5, 'quoted ", \n two lines'],
      ["A", 1, null],
      ["X", 1, "x"],
      ["X", 2, "x"],
    ]),
    {
      unresolved: "r.symbol like 'X%' or symbol = 'C'",
      onRows: (rows) => seen.push(rows),
    },
  ));
  assert.deepEqual(
    result,
    counts({
      rows: 7,
      duplicates: 2,
      inserted: 1,
      unchanged: 2,
      unresolved: 2,
      removed: 1,
    }),
  );
  assert.equal(seen.at(-1), 7);
  assert.equal((await rowsOf(reader, GENES)).length, 4);
  const inside = await rowsOf(
    connection,
    `select count(*) from "${publication.name("genes")}"`,
  );
  assert.deepEqual(inside, ["5"]);
  await publication.commit([{
    sql: "comment on column genes.note is 'not lost'",
  }]);
  assert.deepEqual(await rowsOf(reader, GENES), [
    "A|1|",
    "B|2|b",
    "C|3.5|c",
    'N|5|quoted ", \n two lines',
    "X|2|x",
  ]);
});

testBoth(
  "loadTable() of the same rows again changes nothing",
  async (open, reader) => {
    const rows = Array.from(
      { length: 50 },
      (_, i) => [`G${i}`, i / 3, `n${i}`],
    );
    for (const expected of ["inserted", "unchanged"]) {
      await using connection = await open();
      await using publication = await beginPublication(connection, {
        id: freshId(),
        sliceRows: 7,
      });
      assert.deepEqual(
        await publication.loadTable(geneLoad(batchesOf(rows))),
        counts({ rows: 50, [expected]: 50 }),
      );
      await publication.commit();
    }
    assert.equal((await rowsOf(reader, GENES)).length, 50);
  },
);

testBoth(
  "loadTable() keeps columns that the file lacks",
  async (open, reader) => {
    await reader.query(
      "alter table genes add column id bigint generated always as identity, add column twice float8 generated always as (tpm * 2) stored, add column tier text default 'none'",
    );
    await reader.query(
      "insert into genes (symbol, tpm, tier) values ('A', 1, 'gold'), ('B', 1, 'tin')",
    );
    await using connection = await open();
    await using publication = await beginPublication(connection, {
      id: freshId(),
    });
    await publication.loadTable(
      geneLoad(batchesOf([["C", 3, ""], ["B", 4, ""]])),
    );
    await publication.commit();
    assert.deepEqual(
      await rowsOf(
        reader,
        "select symbol, twice, tier, id > 2 as fresh from genes order by symbol",
      ),
      ["B|8|tin|false", "C|6|none|true"],
    );
  },
);

testBoth("loadTable() agrees with a model", async (open, reader) => {
  const row = fc.tuple(
    fc.constantFrom("A", "B", "C", "D", "É", '"'),
    fc.constantFrom(0, 1, 2.5),
    fc.constantFrom("", "n", null),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(row, { selector: ([symbol]) => symbol }),
      fc.array(row, { maxLength: 30 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(undefined, "r.tpm = 1"),
      async (before, file, sliceRows, unresolved) => {
        await reader.query("delete from genes");
        for (const values of before) {
          await reader.query("insert into genes values ($1, $2, $3)", values);
        }
        await using connection = await open();
        await using publication = await beginPublication(connection, {
          id: freshId(),
          sliceRows,
        });
        const actual = await publication.loadTable(geneLoad(
          batchesOf(file),
          unresolved === undefined ? {} : { unresolved },
        ));
        await publication.commit();
        const text = (values: readonly unknown[]) => values.join("|");
        const old = new Map(before.map((values) => [values[0], values]));
        const now = new Map(file.map((values) => [values[0], values]));
        const expected = counts({
          rows: file.length,
          duplicates: file.length - now.size,
          removed: before.filter(([symbol]) => !now.has(symbol)).length,
        });
        for (const [symbol, values] of now) {
          const was = old.get(symbol);
          // "" and null are told apart, which joined text does not.
          const same = was !== undefined && was[1] === values[1] &&
            was[2] === values[2];
          if (unresolved !== undefined && values[1] === 1) {
            expected.unresolved++;
          } else if (was === undefined) expected.inserted++;
          else if (same) expected.unchanged++;
          else expected.updated++;
        }
        assert.deepEqual(actual, expected);
        assert.deepEqual(
          (await rowsOf(reader, "select * from genes")).sort(),
          [...now.values()].map(text).sort(),
        );
      },
    ),
    { numRuns: 25 },
  );
});

testBoth("loadTable() replaces a table without a key", async (open, reader) => {
  await reader.query("create table notes (place text, remark text)");
  await reader.query("create index notes_place on notes (place)");
  try {
    for (const [i, before] of [0, 3].entries()) {
      await using connection = await open();
      await using publication = await beginPublication(connection, {
        id: freshId(),
        sliceRows: 2,
      });
      const result = await publication.loadTable({
        table: "notes",
        columns: [{ name: "remark", type: "text" }, {
          name: "place",
          type: "text",
        }],
        key: [],
        batches: batchesOf([["r1", `p${i}`], ["r1", `p${i}`], ["r2", "?"]]),
        unresolved: "r.place = '?'",
      });
      assert.deepEqual(
        result,
        counts({ rows: 3, inserted: 2, unresolved: 1, removed: before }),
      );
      await publication.commit();
      assert.deepEqual(
        (await rowsOf(reader, "select place, remark from notes")).sort(),
        ["?|r2", `p${i}|r1`, `p${i}|r1`],
      );
    }
    assert.deepEqual(
      await rowsOf(
        reader,
        "select indexname from pg_indexes where tablename = 'notes'",
      ),
      ["notes_place"],
    );
  } finally {
    await reader.query("drop table notes");
  }
});

testBoth(
  "loadTable() knows names with odd characters",
  async (open, reader) => {
    const table = `odd "from stdin" \\ ${"é".repeat(18)}`;
    const quoted = `"${table.replaceAll('"', '""')}"`;
    await reader.query(
      `create table ${quoted} ("the ""key""" text, "valué'" json, "select" numeric, primary key ("the ""key"""))`,
    );
    try {
      for (
        const [price, expected] of [["1.0", "inserted"], ["1.0", "unchanged"], [
          "1.00",
          "updated",
        ]] as const
      ) {
        await using connection = await open();
        await using publication = await beginPublication(connection, {
          id: "0123456789abcdef0123456789abcdef",
        });
        const result = await publication.loadTable({
          table,
          columns: [
            { name: "select", type: "numeric" },
            { name: 'the "key"', type: "text" },
            { name: "valué'", type: "json" },
          ],
          key: ['the "key"'],
          batches: batchesOf([[price, "k\\", '{"a": "\\n"}']]),
        });
        assert.deepEqual(result, counts({ rows: 1, [expected]: 1 }));
        await publication.commit();
      }
      assert.deepEqual(await rowsOf(reader, `select "select" from ${quoted}`), [
        "1.00",
      ]);
    } finally {
      await reader.query(`drop table ${quoted}`);
    }
  },
);

testBoth("dispose undoes what was not committed", async (open, reader) => {
  await reader.query("insert into genes values ('A', 1, 'old')");
  await using connection = await open();
  {
    await using publication = await beginPublication(connection, {
      id: freshId(),
    });
    await publication.loadTable(geneLoad(batchesOf([["B", 2, "new"]])));
    assert.deepEqual(await rowsOf(reader, GENES), ["A|1|old"]);
  }
  assert.deepEqual(await rowsOf(reader, GENES), ["A|1|old"]);
});

testBoth("dryRun counts and changes nothing", async (open, reader) => {
  await reader.query("insert into genes values ('A', 1, 'old')");
  await using connection = await open();
  await using publication = await beginPublication(connection, {
    id: freshId(),
    dryRun: true,
  });
  assert.deepEqual(
    await publication.loadTable(
      geneLoad(batchesOf([["A", 2, "new"], ["B", 2, ""]])),
    ),
    counts({ rows: 2, inserted: 1, updated: 1 }),
  );
  await reader.query("drop table if exists events");
  await reader.query("create table events (n int)");
  assert.equal(
    await publication.appendRows({
      table: "events",
      columns: [{ name: "n", type: "int" }],
      batches: batchesOf([[1], [2]]),
    }),
    2,
  );
  await publication.commit([{ sql: "delete from genes" }]);
  assert.deepEqual(await rowsOf(reader, GENES), ["A|1|old"]);
  assert.deepEqual(await rowsOf(reader, "select * from events"), []);
});

testBoth(
  "a bad row fails the load and leaves the old data",
  async (open, reader) => {
    await reader.query("insert into genes values ('A', 1, 'old')");
    await using connection = await open();
    const run = async () => {
      await using publication = await beginPublication(connection, {
        id: freshId(),
        sliceRows: 2,
      });
      await assert.rejects(
        publication.loadTable(geneLoad(
          batchesOf(
            [["B", 1, ""], ["C", 2, ""], ["D", 3, ""], ["E", "x", ""]],
            1,
          ),
        )),
        /invalid input syntax for type double precision: "x"/,
      );
      await publication.commit();
    };
    await assert.rejects(
      run,
      /Cannot commit in publication "t\d+": it failed before/,
    );
    assert.deepEqual(await rowsOf(reader, GENES), ["A|1|old"]);
    assert.deepEqual(await rowsOf(connection, "select 1"), ["1"]);
  },
);

testBoth(
  "a source that fails ends the load with its error",
  async (open, reader) => {
    await reader.query("insert into genes values ('A', 1, 'old')");
    await using connection = await open();
    const failure = new Error("gzip is broken");
    let ended = 0;
    const run = async () => {
      await using publication = await beginPublication(connection, {
        id: freshId(),
      });
      await publication.loadTable(geneLoad(async function* () {
        try {
          yield batchOf([["B", 1, ""]]);
          await Promise.resolve();
          throw failure;
        } finally {
          ended++;
        }
      }()));
    };
    await assert.rejects(run, (error) => error === failure);
    assert.equal(ended, 1);
    assert.deepEqual(await rowsOf(reader, GENES), ["A|1|old"]);
  },
);

testBoth(
  "an abort ends a load whose source is waiting",
  async (open, reader) => {
    await reader.query("insert into genes values ('A', 1, 'old')");
    await using connection = await open();
    const controller = new AbortController();
    const reason = new Error("the client has gone");
    const { promise: never, resolve } = Promise.withResolvers<void>();
    const run = async () => {
      await using publication = await beginPublication(connection, {
        id: freshId(),
        signal: controller.signal,
        sliceRows: 1,
      });
      await publication.loadTable(geneLoad(async function* () {
        yield batchOf([["B", 1, ""], ["C", 1, ""]]);
        controller.abort(reason);
        await never;
      }()));
    };
    await assert.rejects(run, (error) => error === reason);
    assert.deepEqual(await rowsOf(reader, GENES), ["A|1|old"]);
    resolve();
  },
);

testBoth(
  "loadTable() refuses batches that do not hold what they say",
  async (open) => {
    await using connection = await open();
    await using publication = await beginPublication(connection, {
      id: freshId(),
    });
    await assert.rejects(
      publication.loadTable(geneLoad(async function* () {
        await Promise.resolve();
        yield { ...batchOf([["B", 1, ""], ["C", 1, ""]]), rows: 3 };
      }())),
      /Cannot load table "genes": COPY took 2 rows of the 3 that were sent|it holds 2 records and says 3/,
    );
  },
);

testBoth(
  "a row whose key has no value fails the load",
  async (open, reader) => {
    await reader.query("alter table genes drop constraint genes_pkey");
    await reader.query("alter table genes alter symbol drop not null");
    await reader.query("create unique index genes_symbol on genes (symbol)");
    await using connection = await open();
    await using publication = await beginPublication(connection, {
      id: freshId(),
    });
    await assert.rejects(
      publication.loadTable(geneLoad(batchesOf([["A", 1, ""], [null, 1, ""]]))),
      /null value in column "symbol"/,
    );
    await publication[Symbol.asyncDispose]();
  },
);

testBoth(
  "rebuildTable() replaces by what a query answers",
  async (open, reader) => {
    await reader.query("create table notes (gene text, score int)");
    try {
      await reader.query(
        "insert into notes select 'G' || i, i from generate_series(1, 40) i",
      );
      await reader.query(
        "insert into genes values ('G1', 1, 'n'), ('G2', 1, 'n'), ('old', 1, 'n')",
      );
      await using connection = await open();
      await using publication = await beginPublication(connection, {
        id: freshId(),
        sliceRows: 6,
      });
      const conditions: string[] = [];
      const result = await publication.rebuildTable({
        table: "genes",
        columns: ["symbol", "tpm", "note"],
        key: ["symbol"],
        select: (slice) => {
          const condition = slice("n.gene");
          conditions.push(condition);
          return `select n.gene, max(n.score), 'n' from notes n where ${condition} group by n.gene`;
        },
        expectedRows: 40,
      });
      assert.deepEqual(
        result,
        counts({
          rows: 40,
          inserted: 38,
          updated: 1,
          unchanged: 1,
          removed: 1,
        }),
      );
      assert.equal(conditions.length, connection.mode === "server" ? 1 : 7);
      await publication.commit();
      assert.equal((await rowsOf(reader, GENES)).length, 40);
    } finally {
      await reader.query("drop table notes");
    }
  },
);

testBoth(
  "appendRows() adds to what is there, and is undone",
  async (open, reader) => {
    await reader.query("drop table if exists events");
    await reader.query("create table events (version int, n int)");
    try {
      await reader.query(
        "insert into events select 0, i from generate_series(1, 100) i",
      );
      for (const commits of [false, true]) {
        await using connection = await open();
        await using publication = await beginPublication(connection, {
          id: freshId(),
          sliceRows: 2,
        });
        assert.equal(publication.name("events"), "events");
        assert.equal(
          await publication.appendRows({
            table: "events",
            columns: [{ name: "n", type: "int" }, {
              name: "version",
              type: "int",
            }],
            batches: batchesOf([[1, 7], [2, 7], [3, 7], [4, 7], [5, 7]]),
          }),
          5,
        );
        if (commits) await publication.commit();
      }
      assert.deepEqual(
        await rowsOf(
          reader,
          "select version, count(*) from events group by 1 order by 1",
        ),
        ["0|100", "7|5"],
      );
    } finally {
      await reader.query("drop table events");
    }
  },
);

testBoth("lock() excludes other publications until the end", async (open) => {
  await using first = await open();
  await using second = await open();
  const held = await beginPublication(first, { id: freshId() });
  await held.lock("genes");
  await held.lock("genes");
  const controller = new AbortController();
  const order: string[] = [];
  {
    await using gaveUp = await beginPublication(second, {
      id: freshId(),
      signal: controller.signal,
    });
    const refused = assert.rejects(gaveUp.lock("genes"), /gave up/);
    controller.abort(new Error("gave up"));
    await refused;
  }
  await using waiting = await beginPublication(second, { id: freshId() });
  const got = waiting.lock("genes").then(() => order.push("second"));
  await new Promise((resolve) => setTimeout(resolve, 20));
  order.push("first");
  await held[Symbol.asyncDispose]();
  await got;
  assert.deepEqual(order, ["first", "second"]);
});

testBoth(
  "two loads of one table come one after the other",
  async (open, reader) => {
    const load = async (value: number) => {
      await using connection = await open();
      await using publication = await beginPublication(connection, {
        id: freshId(),
        sliceRows: 3,
      });
      const rows = Array.from({ length: 20 }, (_, i) => [`G${i}`, value, ""]);
      const result = await publication.loadTable(geneLoad(batchesOf(rows)));
      await publication.commit();
      return result;
    };
    const results = await Promise.all([load(1), load(2)]);
    assert.deepEqual(
      results.map((result) => [result.inserted, result.updated]).sort(),
      [[0, 20], [20, 0]],
    );
    assert.equal(
      (await rowsOf(reader, "select distinct tpm from genes")).length,
      1,
    );
  },
);

testBoth("a publication that has ended refuses more", async (open) => {
  await using connection = await open();
  await using publication = await beginPublication(connection, {
    id: freshId(),
  });
  await publication.loadTable(geneLoad(batchesOf([])));
  await assert.rejects(
    publication.loadTable(geneLoad(batchesOf([]))),
    /it was loaded in it before/,
  );
  await publication[Symbol.asyncDispose]();
  await assert.rejects(
    publication.commit(),
    /Cannot commit in publication "t\d+": it has ended/,
  );
  await assert.rejects(
    beginPublication(connection, { id: "Bad-id" }),
    /Cannot begin publication "Bad-id"/,
  );
});

testBoth(
  "a failing statement of commit() leaves the old data",
  async (open, reader) => {
    await reader.query("insert into genes values ('A', 1, 'old')");
    await using connection = await open();
    const run = async () => {
      await using publication = await beginPublication(connection, {
        id: freshId(),
      });
      await publication.loadTable(geneLoad(batchesOf([["B", 1, ""]])));
      await publication.commit([{ sql: "select 1 / 0" }]);
    };
    await assert.rejects(run, /division by zero/);
    assert.deepEqual(await rowsOf(reader, GENES), ["A|1|old"]);
  },
);
