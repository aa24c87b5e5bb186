/**
 * Watches a program that knows nothing of it:
 *
 * ```sh
 * deno run --preload @loophound/toolkit/monitor/auto main.ts
 * ```
 *
 * or, as a program's first import, `import "@loophound/toolkit/monitor/auto";`.
 * Prints each block with function, line, cause and stack, the requests of
 * `Deno.serve` by method and path, and speaks up while the loop stands still.
 *
 * Unlike any other module of the toolkit this one does something when it is
 * imported. Programs with settings of their own call `startLoopMonitor`.
 *
 * @module
 */
import { startLoopMonitor } from "./loop_monitor.ts";
import { monitorServe } from "./monitor_serve.ts";
import type { LoopMonitor } from "./types.ts";

/** The monitor that was started. */
export const monitor: LoopMonitor = startLoopMonitor({ watchdog: true });
monitor.onSaturation(({ message, routes, advice }) => {
  const most = routes.slice(0, 3).map(({ route, share }) =>
    `${route} ${Math.round(100 * share)} %`
  );
  console.warn(
    `${message}: ${most.join(", ") || "no monitored call"}\n    ${advice}`,
  );
});
monitorServe(monitor);
