import type { Engine } from "../db/types.ts";
import type { LoadCounts, LoadReport } from "../load_report.ts";

interface StateRow {
  sha256: string;
  counts: LoadCounts;
}

/**
 * The report of a load whose rows are there although its thread was ended
 * before it could say so. What was measured is gone with the thread: figures
 * of CPU, memory and loop are 0.
 *
 * @returns undefined: the load has left nothing.
 */
export async function findCommitted(
  engine: Pick<Engine, "executeSql">,
  id: string,
): Promise<LoadReport | undefined> {
  const { rows } = await engine.executeSql(
    "select sha256, counts from source_state where load_id = $1",
    [id],
  );
  const state = rows[0] as StateRow | undefined;
  if (state === undefined) return undefined;
  return {
    ...state.counts,
    sha256: state.sha256,
    dry_run: false,
    cpu_s: 0,
    peak_rss_mb: 0,
    loop: { p999_ms: 0, max_ms: 0, blocks: 0 },
  };
}
