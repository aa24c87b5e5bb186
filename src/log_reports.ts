import { getLogger } from "@logtape/logtape";
import type { LoopMonitor } from "@loophound/toolkit/monitor";
import type { SlowQueryLog } from "@loophound/toolkit/sql";

/**
 * Sends block reports and slow queries to the log. The message stays the one
 * that people grep for; the figures are the record's properties.
 */
export function logReports(
  monitor: LoopMonitor,
  slowQueries: SlowQueryLog,
): Disposable {
  const loop = getLogger(["loophound", "loop"]);
  const queries = getLogger(["loophound", "queries"]);
  const blocks = monitor.onBlock(({ message, level: _, ...report }) =>
    loop.warn(message, { ...report })
  );
  const slow = slowQueries.onSlow(({ message, ...report }) =>
    queries.warn(message, { ...report })
  );
  const saturation = monitor.onSaturation(({ message, level: _, ...report }) =>
    loop.warn(message, { ...report })
  );
  const stalls = monitor.onStall(({ message, ...report }) =>
    loop.warn(message, { ...report })
  );
  return {
    [Symbol.dispose]() {
      saturation[Symbol.dispose]();
      stalls[Symbol.dispose]();
      blocks[Symbol.dispose]();
      slow[Symbol.dispose]();
    },
  };
}
