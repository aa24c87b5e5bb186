import assert from "node:assert/strict";
import process from "node:process";
import { sleep, spin, turn } from "./_testing.ts";
import { type LoopMonitorOptions, startLoopMonitor } from "./loop_monitor.ts";
import { monitorBlocking } from "./monitor_blocking.ts";
import { TickingMonitor } from "./_ticking_monitor.ts";
import type { BlockReport, CallFigures, LoopMonitor } from "./types.ts";

const probe = startLoopMonitor({ profile: "off", watchdog: false });
const hasHooks = probe.mode === "exact";
probe.stop();

/**
 * A monitor that keeps silent about gaps outside its calls: beside busy
 * threads there are some. What the profile adds is tested by itself.
 */
function start(options: LoopMonitorOptions = {}): LoopMonitor {
  return startLoopMonitor({
    graceMs: 600_000,
    profile: "off",
    watchdog: false,
    log: null,
    ...options,
  });
}

/** One for which the thread computes for the given share of any time. */
function startWithCpu(
  share: number,
  options: LoopMonitorOptions = {},
): LoopMonitor {
  return new TickingMonitor({
    graceMs: 0,
    profile: "off",
    watchdog: false,
    log: null,
    ...options,
  }, {
    exact: true,
    value: 0,
    sample() {},
    inLast: (ms) => ({ used: ms * share, doubt: 0 }),
    between: (from, to) => (to - from) * share,
    delayBetween: () => 0,
    stolenBetween: () => 0,
    delay: 0,
    close() {},
  });
}

Deno.test("startLoopMonitor() reports a call that spins, at its end", () => {
  using monitor = start();
  const heard: BlockReport[] = [];
  monitor.onBlock((report) => heard.push(report));
  monitorBlocking(monitor, "GET /slow")(function slow() {
    spin(30);
  })();
  const [report] = monitor.blocks();
  assert.equal(report?.message, "Potential event loop blocking in GET /slow");
  assert.equal(report.route, "GET /slow");
  assert.equal(report.function, "slow");
  assert.equal(report.level, "warning");
  assert.equal(report.threshold_ms, 5);
  assert.ok(report.longest_ms >= 30 && report.own_ms >= report.longest_ms);
  assert.ok((report.wall_ms ?? 0) >= 30);
  assert.deepEqual(heard, [report]);
  assert.deepEqual(monitor.stats().blocks_total, 1);
});

Deno.test("startLoopMonitor() reports a handler that throws after blocking", async () => {
  using monitor = start();
  assert.throws(() =>
    monitor.measure("throws", () => {
      spin(40);
      throw new Error("no");
    }), /no/);
  await assert.rejects(
    monitor.measure("rejects", async () => {
      spin(40);
      await turn();
      throw new Error("no");
    }),
    /no/,
  );
  assert.deepEqual(monitor.blocks().map((it) => it.route), [
    "rejects",
    "throws",
  ]);
});

Deno.test("startLoopMonitor() does not report a handler that awaits", async () => {
  using monitor = start({ thresholdMs: 100 });
  const ended: CallFigures[] = [];
  monitor.onCall((figures) => ended.push(figures));
  await monitor.measure("waits", () => sleep(200));
  assert.deepEqual(monitor.blocks(), []);
  const [figures] = ended;
  assert.equal(figures?.label, "waits");
  assert.ok(figures.wall_ms >= 195);
  assert.ok(figures.own_ms < 100);
});

Deno.test("startLoopMonitor() names the culprit, not the victim", {
  ignore: !hasHooks,
}, async () => {
  // Far above what busy threads beside may do to a short stretch.
  using monitor = start({ thresholdMs: 100 });
  const ended = new Map<string, CallFigures>();
  monitor.onCall((figures) => ended.set(figures.label, figures));
  for (let i = 0; i < 3; i++) {
    await Promise.all([
      monitor.measure("culprit", async () => {
        await sleep(10);
        spin(200);
        await sleep(1);
      }),
      monitor.measure("victim", () => sleep(20)),
    ]);
    const victim = ended.get("victim");
    assert.ok(victim !== undefined && victim.inherited_ms > 100);
    assert.ok(victim.own_ms < 100);
    assert.ok((ended.get("culprit")?.longest_ms ?? 0) >= 200);
  }
  assert.deepEqual(monitor.blocks().map((it) => it.route), [
    "culprit",
    "culprit",
    "culprit",
  ]);
});

Deno.test("startLoopMonitor() takes a flood of microtasks for one stretch", {
  ignore: !hasHooks,
}, async () => {
  using monitor = start();
  await monitor.measure("flood", async () => {
    for (let i = 0; i < 30; i++) {
      spin(1);
      await null;
    }
  });
  const [report] = monitor.blocks();
  assert.equal(report?.route, "flood");
  assert.ok(report.longest_ms >= 29, `${report.longest_ms}`);
});

Deno.test("startLoopMonitor() does not take many turns for one stretch", {
  ignore: !hasHooks,
}, async () => {
  using monitor = start({ thresholdMs: 15 });
  const ended: CallFigures[] = [];
  monitor.onCall((figures) => ended.push(figures));
  await monitor.measure("in pieces", async () => {
    for (let i = 0; i < 100; i++) {
      spin(0.9);
      await turn();
    }
  });
  await monitor.measure("with timers", async () => {
    for (let i = 0; i < 20; i++) {
      spin(1.5);
      await sleep(0);
    }
  });
  for (const figures of ended) {
    assert.ok(figures.own_ms >= 30);
    // Half of it all at once is out of the question, on a busy machine too.
    assert.ok(figures.longest_ms < figures.own_ms / 2, figures.label);
  }
});

Deno.test("startLoopMonitor() lets the outermost of nested calls report, once", async () => {
  using monitor = start();
  const compute = monitorBlocking(monitor, "compute")(function compute() {
    spin(30);
  });
  await monitor.measure("GET /", async () => {
    compute();
    await turn();
  });
  const reports = monitor.blocks();
  assert.deepEqual(reports.map((it) => it.route), ["GET /"]);
  assert.equal(reports[0]?.function, "compute");
  compute();
  assert.equal(monitor.blocks(1)[0]?.route, "compute");
});

Deno.test("startLoopMonitor() reports what a call does after its end", {
  ignore: !hasHooks,
}, async () => {
  using monitor = start();
  let background: Promise<void> | undefined;
  monitor.measure("answers first", () => {
    background = (async () => {
      await sleep(5);
      spin(30);
    })();
  });
  await background;
  await sleep(10);
  assert.deepEqual(monitor.blocks().map((it) => it.route), [
    "answers first",
  ]);
});

Deno.test(
  "startLoopMonitor() reports a block of a call that goes on for long",
  {
    ignore: !hasHooks,
  },
  async () => {
    using monitor = start();
    await monitor.measure("long", async () => {
      spin(20);
      await sleep(400);
      assert.deepEqual(monitor.blocks().map((it) => it.route), [
        "long",
      ]);
    });
    assert.equal(monitor.blocks().map((it) => it.route).length, 1);
  },
);

Deno.test("startLoopMonitor() knows whose timer it was", {
  ignore: !hasHooks,
}, async () => {
  using monitor = start();
  await Promise.all([
    monitor.measure("GET /other", () => sleep(60)),
    monitor.measure("GET /timer", () =>
      new Promise<void>((resolve) => {
        setTimeout(() => {
          spin(30);
          resolve();
        }, 5);
      })),
    monitor.measure("GET /tick", () =>
      new Promise<void>((resolve) => {
        process.nextTick(() => {
          spin(30);
          resolve();
        });
      })),
  ]);
  assert.deepEqual(
    monitor.blocks().map((it) => it.route).sort(),
    ["GET /tick", "GET /timer"],
  );
});

Deno.test("startLoopMonitor() reports gaps outside any handler, after the grace", async () => {
  using graced = start();
  using monitor = startWithCpu(1);
  await sleep(20);
  spin(60);
  await sleep(5);
  const report = monitor.blocks().find((it) => it.longest_ms > 40);
  assert.equal(
    report?.message,
    "Potential event loop blocking outside any handler",
  );
  assert.equal(report.route, null);
  assert.equal(report.cause, "cpu");
  assert.deepEqual(graced.blocks(), []);
  assert.ok(graced.stats().lag_ms.max > 40);
});

Deno.test("startLoopMonitor() does not report a gap in which the thread waits", async () => {
  using monitor = startWithCpu(0.1);
  await sleep(20);
  spin(100);
  await sleep(5);
  assert.deepEqual(monitor.blocks(), []);
  assert.ok(monitor.stats().lag_ms.max > 80);
  assert.ok(monitor.counters().parked_gaps >= 1);
  monitor.measure("parked", () => spin(100));
  assert.equal(monitor.blocks(1)[0]?.route, "parked");
  assert.equal(monitor.blocks(1)[0]?.cause, "parked");
});

Deno.test(
  "startLoopMonitor() tells waiting from computing by the host's count",
  {
    ignore: !hasHooks,
  },
  () => {
    using monitor = start();
    const word = new Int32Array(new SharedArrayBuffer(4));
    monitor.measure("waits", () => Atomics.wait(word, 0, 0, 150));
    assert.equal(monitor.blocks(1)[0]?.cause, "parked");
  },
);

Deno.test("startLoopMonitor() in light mode blames the single call in flight", async () => {
  using monitor = startWithCpu(1, { mode: "light" });
  assert.equal(monitor.mode, "light");
  await sleep(10);
  const newest = () => monitor.blocks().find((it) => it.longest_ms > 80);
  await monitor.measure("alone", async () => {
    await sleep(5);
    spin(100);
    await sleep(10);
  });
  assert.equal(newest()?.route, "alone");
  await Promise.all([
    monitor.measure("one", () => sleep(20)),
    monitor.measure("two", async () => {
      await sleep(5);
      spin(100);
    }),
  ]);
  await sleep(5);
  assert.equal(newest()?.route, null);
  assert.match(newest()?.message ?? "", /in one of 2 handlers in flight/);
});

Deno.test("startLoopMonitor() refuses exact mode where it cannot be had", {
  ignore: hasHooks,
}, () => {
  assert.throws(
    () => startLoopMonitor({ mode: "exact" }),
    /this host has no promise hooks/,
  );
});

Deno.test("startLoopMonitor() says what is in flight and that the loop stands", async () => {
  using monitor = start();
  await monitor.measure("first", async () => {
    await monitor.measure(() => "inner", async () => {
      await turn();
      assert.equal(monitor.currentLabel(), "first");
      assert.deepEqual(monitor.inFlight().map((it) => it.route), ["first"]);
      spin(20);
      const stalled = monitor.stats().stalled_since;
      assert.ok(stalled !== null && Date.parse(stalled) <= Date.now());
    });
  });
  assert.deepEqual(monitor.inFlight(), []);
  assert.equal(monitor.currentLabel(), null);
  await sleep(5);
});

Deno.test("startLoopMonitor() keeps several windows apart", async () => {
  using monitor = start();
  const first = monitor.openWindow();
  await sleep(5);
  monitor.measure("spins", () => spin(40));
  await sleep(5);
  const second = monitor.openWindow();
  await sleep(5);
  const closed = first.close();
  assert.ok(closed.max_ms > 30 && closed.p999_ms > 30);
  assert.equal(closed.blocks, 1);
  assert.equal(second.figures().blocks, 0);
  monitor.measure("spins", () => spin(40));
  await sleep(5);
  assert.equal(second.close().blocks, 1);
  assert.deepEqual(first.figures(), closed);
});

Deno.test("startLoopMonitor() counts lag, for Prometheus and for queries", async () => {
  using monitor = start();
  await sleep(10);
  const from = performance.now();
  const before = monitor.lagTotalMs();
  spin(50);
  const inStall = monitor.lagBetween(from, performance.now());
  assert.ok(inStall > 40 && inStall < performance.now() - from);
  await sleep(5);
  const to = performance.now();
  assert.ok(monitor.lagBetween(from, to) > 40);
  assert.ok(monitor.lagBetween(from, to) <= monitor.lagTotalMs() - before + 5);
  assert.ok(monitor.lagBetween(from, from + 25) < 25);
  const buckets = monitor.histogram();
  assert.equal(buckets.at(-1)?.le_ms, Infinity);
  for (let i = 1; i < buckets.length; i++) {
    assert.ok(buckets[i]!.count >= buckets[i - 1]!.count);
  }
  assert.ok(monitor.counters().lag_sum_ms >= 40);
  assert.ok(monitor.stats().utilization > 0);
});

Deno.test("startLoopMonitor() runs functions unmeasured once stopped", async () => {
  const monitor = start();
  let figures: CallFigures | undefined;
  monitor.onCall((it) => void (figures = it));
  const running = monitor.measure("runs", () => sleep(10));
  monitor.stop();
  monitor.stop();
  await running;
  assert.equal(monitor.measure("after", () => 7), 7);
  assert.equal(figures?.label, "runs");
});

Deno.test("startLoopMonitor() refuses thresholds that are none", () => {
  assert.throws(() => startLoopMonitor({ thresholdMs: 0 }), RangeError);
  assert.throws(() => startLoopMonitor({ tickMs: -1 }), RangeError);
});
