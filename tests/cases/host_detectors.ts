/** The detectors of this repository, as the host starts them. */
import { activeGuard, type SyncCallReport } from "@loophound/toolkit/guard";
import { loopMonitor } from "@loophound/toolkit/hono";
import {
  type BlockReport,
  type LoopMonitorOptions,
  startLoopMonitor,
} from "@loophound/toolkit/monitor";
import type { HostDetector } from "./host_core.ts";
import type { Found } from "./protocol.ts";

/** Modes of the monitor, by name. */
export const MONITOR_MODES: Readonly<Record<string, LoopMonitorOptions>> = {
  default: {},
  light: { mode: "light", profile: "off" },
  exact: { mode: "exact", profile: "off" },
  light_profile: { mode: "light", profile: "rolling" },
  profile: { mode: "exact", profile: "rolling" },
};

const now = () => performance.timeOrigin + performance.now();

function asFound(report: BlockReport): Found {
  return {
    route: report.route,
    function: report.culprit?.function ?? report.function,
    file: report.culprit?.file ?? null,
    line: report.culprit?.line ?? null,
    cause: report.cause,
    ms: report.longest_ms,
    at: now(),
  };
}

function monitorDetector(options: LoopMonitorOptions): HostDetector {
  // All modules are loaded by now: no need for a grace.
  const monitor = startLoopMonitor({ ...options, graceMs: 0, log: null });
  const found: Found[] = [];
  monitor.onBlock((report) => found.push(asFound(report)));
  return {
    use: (app) => void app.use("*", loopMonitor(monitor)),
    async take() {
      await monitor.settled();
      return found.splice(0);
    },
    stop: () => monitor.stop(),
  };
}

/** Names the route of each call; the guard itself was preloaded. */
function guardDetector(): HostDetector {
  const guard = activeGuard();
  if (guard === null || guard === undefined) {
    throw new Error("Cannot start guard: it was not preloaded");
  }
  const monitor = startLoopMonitor({
    mode: "exact",
    profile: "off",
    log: null,
  });
  guard.useMonitor(monitor);
  guard.arm();
  const found: Found[] = [];
  guard.onCall((report: SyncCallReport) =>
    found.push({
      route: report.route,
      function: report.culprit?.function ?? null,
      file: report.culprit?.file ?? null,
      line: report.culprit?.line ?? null,
      cause: report.kind,
      ms: report.duration_ms,
      at: now(),
    })
  );
  return {
    use: (app) => void app.use("*", loopMonitor(monitor)),
    take: () => found.splice(0),
    stop: () => monitor.stop(),
  };
}

/** Starts a detector. `none` finds nothing. */
export function openDetector(name: string): HostDetector {
  const mode = MONITOR_MODES[name];
  if (mode !== undefined) return monitorDetector(mode);
  if (name === "guard") return guardDetector();
  if (name === "none") return { take: () => [] };
  throw new Error(`Cannot start detector "${name}": there is no such detector`);
}
