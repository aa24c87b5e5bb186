import { backup, DatabaseSync } from "node:sqlite";
import * as v8 from "node:v8";
import { MB, type Probe } from "./_probe.ts";

export async function otherProbes(): Promise<Probe[]> {
  const wasm = new Uint8Array(
    await Deno.readFile(
      new URL("pglite.wasm", import.meta.resolve("@electric-sql/pglite")),
    ),
  );
  const input = `${(wasm.length / MB).toFixed(0)} MB`;
  const headers = { "content-type": "application/wasm" };
  const db = new DatabaseSync(":memory:");
  db.exec(
    "create table t as with recursive n(i) as (select 1 union all select i + 1 from n where i < 500000) select i, hex(randomblob(16)) as x from n",
  );
  const target = await Deno.makeTempFile({ suffix: ".db" });
  globalThis.addEventListener("unload", () => Deno.removeSync(target));
  return [
    {
      id: "WebAssembly.compile",
      input,
      run: () => WebAssembly.compile(wasm),
    },
    {
      id: "WebAssembly.compileStreaming",
      input,
      run: () => WebAssembly.compileStreaming(new Response(wasm, { headers })),
    },
    {
      id: "node:sqlite.backup",
      input: "500,000 rows",
      run: () => backup(db, target),
    },
    {
      id: "node:v8.getHeapSnapshot",
      input: "this heap",
      run: async () => {
        for await (const _ of v8.getHeapSnapshot());
      },
    },
  ];
}

export async function pgliteProbes(): Promise<Probe[]> {
  const { PGlite } = await import("@electric-sql/pglite");
  const db = await PGlite.create();
  globalThis.addEventListener("beforeunload", () => db.close());
  return [
    {
      id: "PGlite.prototype.query",
      input: "pg_sleep(0.3)",
      run: () => db.query("select pg_sleep(0.3)"),
    },
    {
      id: "PGlite.prototype.exec",
      input: "300,000 rows summed",
      run: () => db.exec("select sum(i) from generate_series(1, 300000) i"),
    },
    {
      id: "PGlite.prototype.transaction",
      input: "pg_sleep(0.3)",
      run: () => db.transaction((tx) => tx.query("select pg_sleep(0.3)")),
    },
    {
      id: "PGlite.prototype.dumpDataDir",
      input: "empty database",
      run: () => db.dumpDataDir("none"),
    },
    {
      id: "PGlite.create",
      input: "in memory",
      run: async () => await (await PGlite.create()).close(),
    },
  ].map((one) => ({ ...one, id: `npm:@electric-sql/pglite.${one.id}` }));
}
