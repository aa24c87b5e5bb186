import { openSystem } from "../../tests/helpers/system.ts";
import type { Context } from "./context.ts";
import type { Figure } from "./figure.ts";
import { processMemory, resetPeak } from "./process_memory.ts";
import { psqlCommand } from "./psql.ts";
import { median } from "./statistics.ts";

const ROUNDS = 5;
const QUERY = "select id, symbol, value, note from bench_rows";
/** How much larger the answer is whose memory is looked at. */
const TIMES = 4;
/** What garbage collectors may make of the same work done twice, MB. */
const FLAT_MB = 32;

/** A million rows as CSV through the heavy lane, beside psql. */
export async function benchHeavy(context: Context): Promise<Figure[]> {
  const postgres = await context.postgres();
  const url = await postgres.createDatabase();
  await psqlCommand(
    url,
    `create table bench_rows as select i as id, 'SYMBOL' || i as symbol,
       i * 0.37::double precision as value,
       case when i % 10 = 0 then 'a "quoted", text' end as note
     from generate_series(1, ${context.rows}) i`,
  );
  await psqlCommand(url, "vacuum analyze bench_rows");
  await using system = await openSystem("PostgreSQL", postgres, {
    env: { DATABASE_URL: url },
  });
  const drain = async (sql: string) => {
    const started = performance.now();
    const body = await system.backend.engine.heavy.run({
      name: "many rows",
      sql,
      format: "csv",
    });
    let bytes = 0;
    for await (const chunk of body) bytes += chunk.byteLength;
    return { seconds: (performance.now() - started) / 1000, bytes };
  };
  const ours = () => drain(QUERY);
  const theirs = () =>
    psqlCommand(url, `\\copy (${QUERY}) to stdout (format csv, header)`);
  await ours();
  await theirs();
  const seconds = { ours: [] as number[], psql: [] as number[] };
  let megabytes = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const { seconds: time, bytes } = await ours();
    seconds.ours.push(time);
    seconds.psql.push(await theirs());
    megabytes = bytes / 1e6;
  }
  const peakOf = async (sql: string) => {
    await resetPeak(Deno.pid);
    await drain(sql);
    return (await processMemory(Deno.pid)).peak;
  };
  const once = await peakOf(QUERY);
  const growth = await peakOf(
    `${QUERY} cross join generate_series(1, ${TIMES}) times`,
  ) - once;
  const ratio = median(seconds.psql) / median(seconds.ours);
  return [{
    section: "heavy",
    figure: `${context.rows} rows as CSV, ${
      megabytes.toFixed(0)
    } MB, median of ${ROUNDS} pairs`,
    value: median(seconds.ours),
    unit: "s",
    baseline: { what: "psql \\copy to stdout", value: median(seconds.psql) },
    goal: {
      text: `≥ 0.7 × its speed (${ratio.toFixed(2)} ×)`,
      met: ratio >= 0.7,
    },
  }, {
    section: "heavy",
    figure: `peak of memory, an answer ${TIMES} times as large over this one`,
    value: growth,
    unit: "MB",
    baseline: { what: "more bytes", value: (TIMES - 1) * megabytes },
    goal: { text: `flat: ≤ ${FLAT_MB} MB`, met: growth <= FLAT_MB },
  }];
}
