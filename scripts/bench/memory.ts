import { startServer } from "../../tests/helpers/server.ts";
import { emptyDatabase, timedLoad } from "./catalogue.ts";
import type { Context } from "./context.ts";
import type { Figure } from "./figure.ts";
import { writeDescartes } from "./input.ts";
import { processMemory, resetPeak } from "./process_memory.ts";

/**
 * Longer than symbols are: it is the file's size that memory must not follow,
 * and so the database has fewer rows to merge meanwhile.
 */
const SYMBOL_BYTES = 90;
/** With comma, value and line end. */
const LINE_BYTES = SYMBOL_BYTES + 12;

/** What a large load on PostgreSQL adds to the memory of an idle server. */
export async function benchMemory(context: Context): Promise<Figure[]> {
  const megabytes = context.full ? 1_000 : 300;
  const path = `${context.folder}/large.csv`;
  await writeDescartes(path, {
    rows: Math.ceil(megabytes * 1e6 / LINE_BYTES),
    version: 1,
    symbolBytes: SYMBOL_BYTES,
  });
  const env = await emptyDatabase(context, "PostgreSQL");
  await using server = await startServer({ env });
  await server.json("/readyz");
  // What starting up has left behind is collected or not: as on any day.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  await resetPeak(server.pid);
  const idle = await processMemory(server.pid);
  const { job, seconds } = await timedLoad(server, "descartes", {
    path,
    part: "tpm",
  });
  const { peak } = await processMemory(server.pid);
  await Deno.remove(path);
  const growth = peak - idle.rss;
  const size = (job.report!.rows * LINE_BYTES / 1e6).toFixed(0);
  return [{
    section: "memory",
    figure: `peak over idle (${idle.rss.toFixed(0)} MB), file of ${size} MB, ${
      seconds.toFixed(0)
    } s`,
    value: growth,
    unit: "MB",
    baseline: { what: "the file", value: megabytes },
    goal: { text: "≤ 150 MB", met: growth <= 150 },
  }];
}
