import assert from "node:assert/strict";
import { threadsAlive } from "@loophound/toolkit/offload";
import { Heartbeat } from "./_heartbeat.ts";
import type { Orders } from "./_test_watchdog_program.ts";
import {
  type StallReport,
  startWatchdog,
  watchdogSupport,
} from "./watchdog.ts";

const program = new URL("./_test_watchdog_program.ts", import.meta.url);

interface Fact {
  pid?: number;
  missing?: string | null;
  inspector?: string;
  stall?: StallReport;
  wentOn?: boolean;
  threads?: number;
  alive?: boolean;
}
type Line = StallReport & { level: string; name?: string };

/** The lines of a stream, one by one. */
function linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const next = async (): Promise<string | null> => {
    for (;;) {
      const end = text.indexOf("\n");
      if (end >= 0) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        return line;
      }
      const { value, done } = await reader.read();
      if (done) return null;
      text += value;
    }
  };
  const rest = async () => {
    const lines: string[] = [];
    for (let line = await next(); line !== null; line = await next()) {
      lines.push(line);
    }
    return lines;
  };
  return { next, rest };
}

function start(orders: Partial<Orders>) {
  const all: Orders = {
    how: "spin",
    holdMs: null,
    label: "GET /x",
    options: {},
    stop: false,
    ...orders,
  };
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", program.pathname, JSON.stringify(all)],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const out = linesOf(child.stdout);
  const err = linesOf(child.stderr);
  const fact = async () => JSON.parse(await out.next() ?? "{}") as Fact;
  /** The watchdog's next line; the runtime's own are left out. */
  const report = async () => {
    for (;;) {
      const line = await err.next();
      assert.notEqual(line, null, "the program ended without a report");
      if (line!.startsWith("{")) return JSON.parse(line!) as Line;
    }
  };
  /** Everything from here to the end. */
  const rest = async () => {
    const [facts, lines, status] = await Promise.all([
      out.rest(),
      err.rest(),
      child.status,
    ]);
    return {
      facts: facts.map((line) => JSON.parse(line) as Fact),
      reports: lines.filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as Line),
      lines,
      status,
    };
  };
  return { child, fact, report, rest };
}

Deno.test("startWatchdog() names the route while the loop spins for ever", async () => {
  const { child, fact, report, rest } = start({ options: { name: "api-1" } });
  await fact();
  const line = await report();
  // It is still stuck: nothing but a signal ends it.
  child.kill("SIGKILL");
  assert.match(
    line.message,
    /^Event loop stalled in GET \/x for \d\.\d s and counting$/,
  );
  assert.equal(line.level, "error");
  assert.equal(line.route, "GET /x");
  assert.equal(line.name, "api-1");
  assert.equal(line.reports, 1);
  assert.ok(line.stalled_ms >= 1_000);
  assert.deepEqual(line.stack, []);
  assert.equal((await rest()).status.signal, "SIGKILL");
});

Deno.test("startWatchdog() says when the loop turns again, and for how long it did not", async () => {
  const { rest } = start({
    holdMs: 1_700,
    label: null,
    stop: true,
    options: { stallMs: 100, repeatMs: 100 },
  });
  const { facts, reports, status } = await rest();
  assert.equal(status.code, 0);
  const over = reports.pop()!;
  assert.match(
    over.message,
    /^Event loop turns again after \d\.\d s outside any handler$/,
  );
  assert.equal(over.level, "warning");
  const { stall } = facts.find((it) => it.stall !== undefined)!;
  assert.equal(stall?.message, over.message);
  assert.equal(stall.route, null);
  assert.equal(stall.reports, reports.length);
  // 0.1 s, then 0.1, 0.2, 0.4, 0.8 s later, however late each of them came.
  assert.ok(reports.length >= 2, `${reports.length} reports`);
  assert.ok(reports.length <= 2 + Math.log2(stall.stalled_ms / 100));
  reports.forEach((report, i) => {
    assert.match(report.message, /stalled outside any handler/);
    assert.equal(report.reports, i + 1);
    assert.ok(report.stalled_ms >= 100 * 2 ** i, `report ${i}`);
    assert.ok(report.stalled_ms <= stall.stalled_ms);
  });
  assert.deepEqual(facts.slice(-2), [
    { wentOn: true },
    { threads: 0, alive: false },
  ]);
});

Deno.test("startWatchdog() ends a stuck process with status 134", async () => {
  const { rest } = start({ options: { exitAfterMs: 1_500 } });
  const { reports, status } = await rest();
  assert.equal(status.code, 134);
  assert.equal(status.signal, "SIGABRT");
  assert.match(
    reports.at(-1)!.message,
    /stalled in GET \/x for \d\.\d s: ending the process \(status 134\)$/,
  );
  assert.equal(reports.at(-1)!.level, "fatal");
  assert.equal(reports.length, 2);
});

Deno.test("startWatchdog() ends a process that is stuck in a full pipe", async () => {
  const { child, fact, rest } = start({
    how: "stderr",
    // Long enough for a busy machine to have filled the pipe before the report.
    options: { stallMs: 800, exitAfterMs: 1_100 },
  });
  await fact();
  // Nobody reads its stderr.
  assert.equal((await child.status).signal, "SIGABRT");
  assert.deepEqual((await rest()).reports, []);
});

Deno.test("startWatchdog() tells the line of the TypeScript source, and the loop goes on", async () => {
  const lines = (await Deno.readTextFile(program)).split("\n");
  const lineOf = (text: string) =>
    lines.findIndex((line) => line.includes(text)) + 1;
  const { rest } = start({
    holdMs: 3_000,
    options: { liveStack: true },
    stop: true,
  });
  const { facts, reports, status } = await rest();
  assert.equal(status.code, 0);
  const first = reports[0]!;
  assert.deepEqual(first.culprit && { ...first.culprit, column: 0 }, {
    function: "innermost",
    file: program.href,
    line: lineOf("the line that holds the loop"),
    column: 0,
  });
  assert.match(first.message, /and counting, at innermost \(file:.*\.ts:\d+:/);
  assert.match(
    first.stack[1] ?? "",
    new RegExp(`^Handler\\.handle .*:${lineOf("innermost(ms);")}:`),
  );
  // The pauses were part of this stall and made no other.
  assert.equal(facts.filter((it) => it.stall !== undefined).length, 1);
  assert.deepEqual(facts.at(-2), { wentOn: true });
  assert.deepEqual(facts.at(-1), { threads: 0, alive: false });
});

Deno.test("startWatchdog() reports a native call without its stack", async () => {
  const { rest } = start({
    how: "native",
    holdMs: 4_000,
    options: { liveStack: true },
  });
  const { facts, reports } = await rest();
  assert.match(reports[0]?.message ?? "", /stalled in GET \/x .* counting$/);
  assert.equal(reports[0]?.culprit, null);
  assert.deepEqual(facts.at(-1), { wentOn: true });
});

Deno.test("startWatchdog() says nothing of a breakpoint", async () => {
  const { fact, rest } = start({
    how: "breakpoint",
    options: { liveStack: true, exitAfterMs: 1_500 },
  });
  await fact();
  const { inspector } = await fact();
  const socket = new WebSocket(inspector!);
  const { promise: paused, resolve: onPaused } = Promise.withResolvers<void>();
  const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>();
  const { promise: resumed, resolve: onResumed } = Promise.withResolvers<
    void
  >();
  socket.onclose = () => onClosed();
  let id = 0;
  const send = (method: string, params: object = {}) =>
    socket.send(JSON.stringify({ id: ++id, method, params }));
  socket.onmessage = ({ data }: MessageEvent<string>) => {
    const { method } = JSON.parse(data) as { method?: string };
    if (method === "Debugger.paused") onPaused();
    if (method === "Debugger.resumed") onResumed();
  };
  socket.onopen = () => {
    send("Debugger.enable");
    send("Runtime.evaluate", { expression: "globalThis.attached = true" });
  };
  await paused;
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  send("Debugger.resume");
  await resumed;
  socket.close();
  await closed;
  const { facts, reports, status } = await rest();
  assert.deepEqual(reports, []);
  assert.deepEqual(facts, [{ wentOn: true }]);
  assert.equal(status.code, 0);
});

Deno.test({
  name: "startWatchdog() says nothing of a process that was stopped",
  ignore: Deno.build.os === "windows",
  async fn() {
    const { child, fact, rest } = start({ how: "idle", holdMs: 1_500 });
    await fact();
    child.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    child.kill("SIGCONT");
    const { facts, lines } = await rest();
    assert.deepEqual(lines, []);
    assert.deepEqual(facts, [{ wentOn: true }]);
  },
});

Deno.test("startWatchdog() says nothing of an innocent program and does not keep it alive", async () => {
  const { rest } = start({ how: "idle", holdMs: 2_000 });
  const { facts, lines, status } = await rest();
  assert.deepEqual(lines, []);
  assert.deepEqual(facts.at(-1), { wentOn: true });
  assert.equal(status.code, 0);
});

Deno.test("startWatchdog() says nothing once the monitor has stopped", async () => {
  const heartbeat = new Heartbeat();
  await using watchdog = startWatchdog(heartbeat, {
    stallMs: 50,
    graceMs: 0,
    format: "pretty",
    exitAfterMs: 100,
  });
  heartbeat.stop();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  assert.equal(watchdog.alive, true);
});

Deno.test("startWatchdog() leaves no thread behind, whenever it is stopped", async () => {
  for (const ms of [0, 10, 100]) {
    const watchdog = startWatchdog(new Heartbeat(), { graceMs: 60_000 });
    assert.equal(threadsAlive(), 1);
    await new Promise((resolve) => setTimeout(resolve, ms));
    await watchdog.stop();
    assert.equal(watchdog.alive, false);
    assert.equal(threadsAlive(), 0);
  }
});

Deno.test("startWatchdog() refuses what it cannot do", () => {
  const heartbeat = new Heartbeat();
  for (
    const [options, message] of [
      [{ stallMs: 20 }, /stallMs must be at least 50, got 20/],
      [{ stallMs: NaN }, /stallMs must be at least 50, got NaN/],
      [{ repeatMs: 0 }, /repeatMs must be above 0, got 0/],
      [{ exitAfterMs: -1 }, /exitAfterMs must be above 0, got -1/],
    ] as const
  ) {
    assert.throws(() => startWatchdog(heartbeat, options), {
      name: "RangeError",
      message,
    });
  }
  const { Worker } = globalThis;
  try {
    Reflect.deleteProperty(globalThis, "Worker");
    assert.equal(watchdogSupport().watch, false);
    assert.equal(watchdogSupport().exit, false);
    assert.throws(
      () => startWatchdog(heartbeat),
      /Cannot start watchdog: .*no threads/,
    );
  } finally {
    globalThis.Worker = Worker;
  }
  assert.deepEqual(watchdogSupport(), { watch: true, exit: true, missing: [] });
  assert.equal(threadsAlive(), 0);
});
