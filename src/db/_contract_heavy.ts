import assert from "node:assert/strict";
import { DeadlineError } from "@loophound/toolkit/limits";
import pg from "pg";
import { zoo } from "./_contract_zoo.ts";
import type { Check, TestEngine } from "./_engine_fixture.ts";
import type { HeavyFormat, HeavyQuery } from "./types.ts";

async function text(
  { engine }: TestEngine,
  query: Omit<HeavyQuery, "name">,
): Promise<string> {
  return await new Response(
    await engine.heavy.run({ name: "test", ...query }),
  ).text();
}

/** What the heavy lane of every engine does. */
export const heavyContract: Record<string, Check> = {
  async "heavy.run() answers JSON, NDJSON, CSV and raw text"(test) {
    const json =
      `{"i":1,"big":9007199254740993,"small":7,"n":1.10,"f":0.1,"nan":"NaN","yes":true,"none":null,"empty":"","odd, \\"name\\"":"a \\"b\\",\\n\\\\c\\\\ ä\\t(d)","at":"2024-01-02T01:04:05.678+00:00","day":"2024-05-05","iv":"1 day 02:00:00","j":{"a": null, "b": [1, "x"]},"arr":["x","y z",null,"q\\"q"],"bytes":"\\\\x01ff"}`;
    assert.equal(await text(test, { sql: zoo }), `[${json}]`);
    assert.equal(
      await text(test, { sql: zoo, format: "ndjson" }),
      `${json}\n`,
    );
    assert.equal(
      await text(test, { sql: zoo, format: "csv" }),
      'i,big,small,n,f,nan,yes,none,empty,"odd, ""name""",at,day,iv,j,arr,bytes\r\n' +
        '1,9007199254740993,7,1.10,0.1,NaN,t,,"","a ""b"",\n\\c\\ ä\t(d)",2024-01-02 01:04:05.678+00,2024-05-05,1 day 02:00:00,"{""a"": null, ""b"": [1, ""x""]}","{x,""y z"",NULL,""q\\""q""}",\\x01ff\r\n',
    );
    assert.equal(
      await text(test, {
        sql:
          "select json_build_object('a', $1::int)::text, 2 union all select 'x', 3",
        parameters: [5],
        format: "raw",
      }),
      '{"a" : 5}',
    );
  },

  async "heavy.run() answers no rows, and one column that is null"(test) {
    const empty = "select 1 as a, 2 as b where false -- none";
    const answers: Record<HeavyFormat, string> = {
      json: "[]",
      ndjson: "",
      csv: "a,b\r\n",
      raw: "",
    };
    for (const [format, answer] of Object.entries(answers)) {
      assert.equal(
        await text(test, { sql: empty, format: format as HeavyFormat }),
        answer,
      );
    }
    const none = "select null::text as a;";
    assert.equal(await text(test, { sql: none }), '[{"a":null}]');
    assert.equal(await text(test, { sql: none, format: "csv" }), "a\r\n\r\n");
    assert.equal(await text(test, { sql: none, format: "raw" }), "");
  },

  async "heavy.run() streams a large answer whole and in order"(test) {
    const { figures } = test;
    figures.length = 0;
    const rows = 60_000;
    const query = {
      sql:
        "select g as id, repeat('x', g % 97) || ',' as t from generate_series(1, $1) g",
      parameters: [rows],
    };
    const lines = (await text(test, { ...query, format: "csv" })).split("\r\n");
    assert.equal(lines.length, rows + 2);
    for (let id = 1; id <= rows; id++) {
      assert.equal(lines[id], `${id},"${"x".repeat(id % 97)},"`);
    }
    const parsed = JSON.parse(await text(test, query)) as { id: number }[];
    assert.equal(parsed.length, rows);
    assert.ok(parsed.every(({ id }, index) => id === index + 1));
    assert.deepEqual(figures.map(({ rows }) => rows), [rows, rows]);
    assert.ok(figures[0]!.bytes > rows * 50);
    assert.ok(figures[0]!.execution_ms > 0 && figures[0]!.decode_ms > 0);
  },

  async "heavy.run() rejects with what the database refuses"(test) {
    const refused = (code: string) => (error: unknown) =>
      error instanceof pg.DatabaseError && error.code === code;
    await assert.rejects(text(test, { sql: "select 1/0" }), refused("22012"));
    await assert.rejects(text(test, { sql: "selec" }), refused("42601"));
    await assert.rejects(
      text(test, {
        sql: "select nextval('item_seq')",
        format: "raw",
      }),
      refused("25006"),
    );
    assert.equal(
      await text(test, { sql: "select $1::text as a", parameters: ["ok"] }),
      '[{"a":"ok"}]',
    );
    assert.deepEqual(
      (await test.engine.executeSql("select last_value from item_seq")).rows,
      [{ last_value: 1 }],
    );
  },

  async "heavy.run() breaks the stream when a later row fails"(test) {
    await assert.rejects(
      text(test, {
        sql: "select 1/(g - 50000) as x from generate_series(1, 100000) g",
      }),
      /division by zero/,
    );
  },

  async "heavy.run() ends at an abort, a deadline and a reader that goes away"(
    test,
  ) {
    const { heavy } = test.engine;
    const big = {
      name: "big",
      sql: "select g, repeat('x', 100) as t from generate_series(1, 200000) g",
    };
    await assert.rejects(
      heavy.run(big, { signal: AbortSignal.abort(new Error("before")) }),
      /before/,
    );

    const controller = new AbortController();
    const aborted = (await heavy.run(big, { signal: controller.signal }))
      .getReader();
    await aborted.read();
    controller.abort(new Error("in the middle"));
    await assert.rejects(async () => {
      while (!(await aborted.read()).done);
    }, /in the middle/);

    // Nobody reads on: the deadline must end it all the same.
    const late = (await heavy.run(big, { deadlineMs: 2_000 })).getReader();
    await late.read();
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await assert.rejects(
      async () => {
        while (!(await late.read()).done);
      },
      (error) => error instanceof DeadlineError && error.deadlineMs === 2_000,
    );

    const left = (await heavy.run(big)).getReader();
    await left.read();
    await left.cancel();
    assert.equal(await text(test, { sql: "select 1 as a" }), '[{"a":1}]');
  },
};
