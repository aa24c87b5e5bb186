import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { startLoopMonitor } from "./loop_monitor.ts";
import { openRunDelay } from "./_run_delay.ts";
import { sleep, spin } from "./_testing.ts";
import type { BlockReport, LoopMonitor } from "./types.ts";

// Types that are gone in what runs: lines there are others than here.
interface Row {
  id: number;
  name: string;
}

const probe = startLoopMonitor({ log: null });
await sleep(50);
await probe.settled();
const { profile } = probe;
const exact = probe.mode === "exact";
probe.stop();
const ignore = !profile.on || !exact;
if (ignore) console.log(`Not tested: ${profile.why ?? "no promise hooks"}`);

const bytes = randomBytes(1 << 24);
const text: string = JSON.stringify(
  Array.from({ length: 200_000 }, (_, id): Row => ({ id, name: `row ${id}` })),
);

function parse(json: string): Row[] {
  const rows: Row[] = [];
  for (let i = 0; i < 3; i++) {
    rows.push(...JSON.parse(json).slice(0, 2)); // culprit of "parse"
  }
  return rows;
}

function compress(input: Uint8Array): number {
  const level: number = 9;
  // gzipSync(input) in a comment is no call.
  return gzipSync(input, { level }).length; // culprit of "zip"
}

class Store {
  readonly rows: Row[] = [];

  load(path: string): number {
    let length = 0;
    for (let i = 0; i < 6; i++) {
      length += Deno.readFileSync(path).length; // culprit of "read"
    }
    return length;
  }
}

function wait() {
  const cell: Int32Array<SharedArrayBuffer> = new Int32Array(
    new SharedArrayBuffer(4),
  );
  Atomics.wait(cell, 0, 0, 90); // culprit of "wait"
}

function storm(): number {
  let kept: Row[] = [];
  for (let i = 0; i < 3_000_000; i++) {
    kept.push({ id: i, name: `row ${i}` });
    if (kept.length > 400_000) kept = [];
  }
  return kept.length;
}

async function lineOf(what: string): Promise<number> {
  const source = await Deno.readTextFile(new URL(import.meta.url));
  const lines = source.split("\n");
  return lines.findIndex((it) => it.includes(`// culprit of "${what}"`)) + 1;
}

async function blockOf(
  monitor: LoopMonitor,
  label: string,
  fn: () => unknown,
): Promise<BlockReport> {
  // A new profile needs a moment until it samples.
  await sleep(20);
  await monitor.measure(label, async () => {
    await sleep(1);
    fn();
  });
  await monitor.settled();
  const report = monitor.blocks().find((it) => it.route === label);
  assert.ok(report !== undefined, `no report of ${label}`);
  return report;
}

Deno.test(
  "startLoopMonitor({ log: null }) names function, line and cause of a block after an await",
  {
    ignore,
  },
  async () => {
    const file = await Deno.makeTempFile();
    await Deno.writeFile(file, bytes);
    await using monitor = startLoopMonitor({ log: null, graceMs: 600_000 });
    const store = new Store();
    const cases: [string, () => unknown, string, BlockReport["cause"]][] = [
      ["parse", () => parse(text), "parse", "cpu"],
      ["zip", () => compress(bytes), "compress", "cpu"],
      ["read", () => store.load(file), "load", "sync_io"],
      ["wait", wait, "wait", "parked"],
    ];
    for (const [label, fn, name, cause] of cases) {
      const report = await blockOf(monitor, label, fn);
      assert.deepEqual(
        report.culprit && {
          function: report.culprit.function,
          file: report.culprit.file,
          line: report.culprit.line,
        },
        { function: name, file: import.meta.url, line: await lineOf(label) },
      );
      assert.equal(report.function, name);
      assert.equal(report.cause, cause, label);
      assert.match(report.stack[0] ?? "", new RegExp(`^${name} \\(file:`));
    }
    const zip = monitor.blocks().find((it) => it.route === "zip");
    assert.match(zip?.advice ?? "", /^node:zlib\.gzipSync holds the loop: /);
    const read = monitor.blocks().find((it) => it.route === "read");
    assert.match(read?.advice ?? "", /^Deno\.readFileSync holds the loop: /);
    await Deno.remove(file);
  },
);

Deno.test(
  "startLoopMonitor({ log: null }) tells garbage collection from computing",
  {
    ignore,
  },
  async () => {
    await using monitor = startLoopMonitor({ log: null, graceMs: 600_000 });
    const reports: BlockReport[] = [];
    // Beside busy threads all the samples of one storm may be of the collector.
    for (let i = 0; i < 3; i++) {
      reports.push(await blockOf(monitor, `storm ${i}`, storm));
    }
    for (const { cause, culprit } of reports) {
      assert.ok(cause === "gc" || cause === "cpu");
      assert.ok(culprit === null || culprit.function === "storm");
    }
    assert.ok(reports.some((it) => it.culprit !== null));
  },
);

Deno.test(
  "startLoopMonitor({ log: null }) names what blocks outside any handler",
  {
    ignore,
  },
  async () => {
    await using monitor = startLoopMonitor({ log: null, graceMs: 0 });
    await sleep(20);
    setTimeout(function inTimer() {
      spin(60);
    }, 5);
    await sleep(100);
    await monitor.settled();
    const report = monitor.blocks().find((it) =>
      it.stack.some((frame) => frame.startsWith("inTimer "))
    );
    assert.equal(report?.route, null);
    assert.match(report?.message ?? "", /outside any handler, in /);
  },
);

Deno.test("blocks() has a report before its line is known, listeners after", {
  ignore,
}, async () => {
  await using monitor = startLoopMonitor({ log: null, graceMs: 600_000 });
  await sleep(20);
  const heard: BlockReport[] = [];
  monitor.onBlock((report) => heard.push(report));
  monitor.measure("spins", () => spin(40));
  // Gaps of the start are there, too.
  const blocks = () => monitor.blocks().filter((it) => !it.startup);
  assert.deepEqual(blocks().map((it) => [it.route, it.culprit]), [
    ["spins", null],
  ]);
  assert.deepEqual(heard, []);
  assert.equal(monitor.stats().blocks_total, 1);
  await monitor.settled();
  assert.deepEqual(blocks(), heard);
  assert.equal(heard.length, 1);
});

Deno.test(
  "startLoopMonitor({ log: null }) is silent about time that others had the core for",
  {
    ignore: openRunDelay() === null,
  },
  async () => {
    await using monitor = startLoopMonitor({ log: null, graceMs: 600_000 });
    const delay = openRunDelay()!;
    await sleep(20);
    // Short work under contention: whatever the wall says, it is no block.
    const busy = Array.from({ length: 6 }, () =>
      new Deno.Command("sh", {
        args: ["-c", "while :; do :; done"],
      }).spawn());
    let preempted = 0;
    try {
      for (let i = 0; i < 60; i++) {
        await sleep(1);
        const before = delay.read();
        monitor.measure("short", () => spin(1.5));
        if (delay.read() - before > 6) preempted++;
      }
    } finally {
      for (const it of busy) {
        it.kill("SIGKILL");
        await it.status;
      }
      delay.close();
    }
    await monitor.settled();
    const reported = monitor.blocks().length;
    assert.ok(
      // A hypervisor takes cores away without the kernel's knowing.
      reported <= preempted / 4 + 3,
      `${reported} reports of ${preempted} stretches without a core`,
    );
  },
);
