/**
 * The baseline: the same lookups and statistics from one loop, which also runs
 * the heavy queries and loads the file: it reads it whole, splits it and
 * inserts its rows in batches through the light lane. The embedded engine runs
 * on that loop too.
 *
 * `unoffloaded.ts <data dir> [database url]`, on data that a server has made.
 * Prints `{"where"}`; ends with its stdin.
 */
import { type LoopWindow, startLoopMonitor } from "@loophound/toolkit/monitor";
import { createThreadPool } from "@loophound/toolkit/offload";
import { Hono } from "hono";
import { CompiledQuery, type Kysely } from "kysely";
import { geneRoutes } from "../../routes/genes.ts";
import { createAnswerCache } from "../../src/answer_cache.ts";
import type { Backend } from "../../src/backend.ts";
import {
  evidenceComposition,
  sourceDistributions,
  sourceOverlaps,
  summary,
} from "../../src/collections/genes/statistics.ts";
import { openEngine } from "../../src/db/engine.ts";
import type { HeavyQuery } from "../../src/db/types.ts";
import { readLines } from "../../tests/helpers/read_lines.ts";

/** What the program has loaded so far, and what that did to its loop. */
export interface UnoffloadedLoad {
  rows: number;
  done: boolean;
  error: string | null;
  loop: { p999_ms: number; max_ms: number };
}

interface Tables {
  descartes_tpm: { symbol: string; value: number };
}

const BATCH_ROWS = 1_000;

/** The last line of a symbol counts; what is no number is skipped. */
function parse(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text.trim().split("\n")) {
    const [symbol, value] = line.split(",").map((field) => field.trim());
    const number = Number.parseFloat(value ?? "");
    if (symbol && Number.isFinite(number)) values.set(symbol, number);
  }
  return values;
}

async function insertFile(
  db: Kysely<Tables>,
  path: string,
  onRows: (rows: number) => void,
): Promise<void> {
  const values = parse(await Deno.readTextFile(path));
  let batch: Tables["descartes_tpm"][] = [];
  const insert = async () => {
    if (batch.length === 0) return;
    await db.insertInto("descartes_tpm").values(batch)
      .onConflict((conflict) =>
        conflict.column("symbol").doUpdateSet((eb) => ({
          value: eb.ref("excluded.value"),
        }))
      ).execute();
    onRows(batch.length);
    batch = [];
  };
  for (const [symbol, value] of values) {
    batch.push({ symbol, value });
    if (batch.length === BATCH_ROWS) await insert();
  }
  await insert();
}

async function main([dataDir, databaseUrl]: string[]): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const monitor = stack.use(startLoopMonitor());
  const pool = stack.use(
    await createThreadPool({
      classes: { query: { threads: 1 } },
      kind: "inline",
    }),
  );
  const engine = stack.use(
    await openEngine({
      dataDir: dataDir!,
      databaseUrl,
      pool,
      threadKind: "inline",
    }),
  );
  const { light } = engine;
  const answer = async ({ sql, parameters }: HeavyQuery) => {
    const { rows } = await light.executeQuery(
      CompiledQuery.raw(sql, [...parameters ?? []]),
    );
    return Object.values(rows[0] as Record<string, string>)[0]!;
  };
  const cache = createAnswerCache({ entries: 0 });
  let window: LoopWindow | undefined;
  const loading: UnoffloadedLoad = {
    rows: 0,
    done: false,
    error: null,
    loop: { p999_ms: 0, max_ms: 0 },
  };

  const app = new Hono();
  // The gene routes use nothing else of a backend.
  app.route("/api/genes", geneRoutes({ engine, cache } as unknown as Backend));
  for (
    const [name, query] of [
      ["summary", summary],
      ["source-overlaps", sourceOverlaps],
      ["source-distributions", sourceDistributions],
      ["evidence-composition", evidenceComposition],
    ] as const
  ) {
    app.get(
      `/api/statistics/${name}`,
      async (c) =>
        c.body(await answer(query()), 200, {
          "content-type": "application/json",
        }),
    );
  }
  app.post("/load", (c) => {
    window ??= monitor.openWindow();
    insertFile(light, c.req.query("path") ?? "", (rows) => {
      loading.rows += rows;
    }).catch((error) => {
      loading.error = String(error);
    }).finally(() => {
      loading.done = true;
    });
    return c.body(null, 202);
  });
  app.get("/load", (c) => {
    const { p999_ms, max_ms } = window?.figures() ?? loading.loop;
    return c.json({ ...loading, loop: { p999_ms, max_ms } });
  });
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) =>
      console.log(JSON.stringify({ where: `http://127.0.0.1:${port}` })),
  }, app.fetch);
  for await (const _ of readLines(Deno.stdin.readable));
  // Half a load may be under way: nobody waits for it.
  await Promise.race([
    server.shutdown(),
    new Promise((resolve) => setTimeout(resolve, 100)),
  ]);
  Deno.exit(0);
}

if (import.meta.main) await main(Deno.args);
