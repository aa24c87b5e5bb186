import { startLoopMonitor } from "@loophound/toolkit/monitor";
import { monitorEventLoopDelay, performance as node } from "node:perf_hooks";
import process from "node:process";
import {
  fails,
  type Finding,
  limited,
  type Probe,
  quiet,
  sleep,
  spin,
  works,
} from "./_probe.ts";

/** How long a probe holds the loop. */
const HOLD_MS = 30;
const ms = (value: number) => `${value.toFixed(1)} ms`;

/** The ticker: does it see that the loop was held? */
export const lagProbe: Probe = {
  id: "lag",
  title: "lag of the loop (ticker)",
  needs: [],
  async run(): Promise<Finding> {
    using monitor = startLoopMonitor({
      ...quiet,
      mode: "light",
      profile: "off",
    });
    const window = monitor.openWindow();
    await sleep(20);
    const idle = window.figures().max_ms;
    spin(HOLD_MS);
    await sleep(20);
    const { max_ms } = window.close();
    return max_ms > HOLD_MS / 2
      ? works(
        `saw a hold of ${HOLD_MS} ms as ${ms(max_ms)}; idle at most ${
          ms(idle)
        }`,
      )
      : fails(`saw a hold of ${HOLD_MS} ms as ${ms(max_ms)}`);
  },
};

/** Promise hooks: is the right one blamed of two that wait at once? */
export const exactProbe: Probe = {
  id: "exact",
  title: "exact route after an await (promise hooks)",
  needs: [],
  async run(): Promise<Finding> {
    using monitor = startLoopMonitor({ ...quiet, profile: "off" });
    const waits = async (blocks: boolean) => {
      await sleep(5);
      await null;
      if (blocks) spin(HOLD_MS);
      await sleep(5);
    };
    await Promise.all([
      monitor.measure("innocent", () => waits(false)),
      monitor.measure("culprit", () => waits(true)),
    ]);
    await monitor.settled();
    const routes = monitor.blocks().map((report) => report.route);
    if (monitor.mode !== "exact") {
      return limited(
        'this host has no promise hooks: mode "light" sees the first stretch of a call, and later ones while it is the only one in flight',
        "use Deno 2.9.5 or later",
      );
    }
    return routes.includes("culprit") && !routes.includes("innocent")
      ? works("of two calls in flight the right one was blamed")
      : fails(`blamed ${routes.join(", ") || "nobody"} instead of the culprit`);
  },
};

interface Usage {
  user: number;
  system: number;
}

/** CPU time of the loop's own thread: tells computing from waiting. */
export const threadCpuProbe: Probe = {
  id: "thread_cpu",
  title: "CPU time of the loop's thread",
  needs: [],
  run(): Promise<Finding> {
    const { threadCpuUsage } = process as unknown as {
      threadCpuUsage?: () => Usage;
    };
    if (typeof threadCpuUsage !== "function") {
      return Promise.resolve(limited(
        "this host tells the CPU time of the process only: a block beside busy threads is not told from one of the loop",
        "use Deno 2.9 or later",
      ));
    }
    const read = () => {
      const { user, system } = threadCpuUsage.call(process);
      return (user + system) / 1000;
    };
    const before = read();
    const values = new Set<number>();
    const end = performance.now() + 60;
    while (performance.now() < end) values.add(read());
    const used = read() - before;
    const step = values.size < 2
      ? Infinity
      : (Math.max(...values) - Math.min(...values)) / (values.size - 1);
    if (used < 10) {
      return Promise.resolve(fails(`counted ${ms(used)} of 60 ms computed`));
    }
    const found = `counted ${ms(used)} of 60 ms computed, in steps of ${
      ms(step)
    }`;
    return Promise.resolve(works(found));
  },
};

/** The kernel's count of waiting for a core: other processes are no culprits. */
export const runDelayProbe: Probe = {
  id: "run_delay",
  title: "time in which the system ran something else",
  needs: [{ name: "read", path: "/proc/thread-self/schedstat" }],
  async run(): Promise<Finding> {
    if (Deno.build.os !== "linux") {
      return limited("only Linux tells: reports include such time");
    }
    const text = await Deno.readTextFile("/proc/thread-self/schedstat");
    const delay = Number(text.split(" ")[1]);
    return delay >= 0
      ? works(`the kernel tells; ${ms(delay / 1e6)} since the thread's start`)
      : limited(`the kernel tells "${text.trim()}", which nobody can read`);
  },
};

/** The runtime's own meters, which nothing here uses: they did not work when measured. */
export const runtimeLagProbe: Probe = {
  id: "runtime_lag",
  title: "the runtime's own lag meters (not used)",
  needs: [],
  async run(): Promise<Finding> {
    const meter = monitorEventLoopDelay({ resolution: 1 });
    meter.enable();
    await sleep(20);
    const before = node.eventLoopUtilization();
    spin(60);
    await sleep(20);
    const used = node.eventLoopUtilization(before).utilization;
    meter.disable();
    const seen = meter.max / 1e6;
    const found = `for a hold of 60 ms monitorEventLoopDelay() said ${
      ms(seen)
    } and eventLoopUtilization() ${used.toFixed(2)}`;
    if (seen < 30 || used < 0.3) {
      return fails(`${found}: do not trust them here`);
    }
    return works(found);
  },
};
