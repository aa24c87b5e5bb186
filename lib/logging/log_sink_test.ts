import assert from "node:assert/strict";
import type { LogRecord } from "@logtape/logtape";
import { threadsAlive } from "@loophound/toolkit/offload";
import { openLogSink } from "./mod.ts";

interface Said {
  logged: number;
  ticks: number;
  stats: { written: number; dropped: number; bytes_in_flight: number };
  after: { written: number; dropped: number; bytes_in_flight: number };
}

function spawn(...args: string[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      new URL("./_sink_program.ts", import.meta.url).pathname,
      ...args,
    ],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const said = async () => {
    const text = await new Response(child.stderr).text();
    return JSON.parse(text.trim().split("\n").at(-1) ?? "") as Said;
  };
  return { child, said };
}

for (const kind of ["node", "web", "inline"]) {
  Deno.test(`openLogSink() (${kind}) writes all lines in order`, async () => {
    const { child, said } = spawn("order", kind);
    const [text, result] = await Promise.all([
      new Response(child.stdout).text(),
      said(),
    ]);
    const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map((line) => line.n),
      Array.from({ length: 500 }, (_, i) => i + 1),
    );
    assert.deepEqual(result.after, {
      written: 500,
      dropped: 0,
      bytes_in_flight: 0,
    });
    assert.equal((await child.status).success, true);
  });

  Deno.test(`openLogSink() (${kind}) neither holds the loop nor grows when nobody reads`, async () => {
    const { child, said } = spawn("stuck", kind, "exit");
    const { logged, ticks, stats } = await said();
    assert.ok(ticks >= 100, `${ticks} ticks`);
    assert.ok(stats.dropped >= 2_000);
    assert.ok(stats.bytes_in_flight <= 256 * 1024);
    assert.ok(stats.written + stats.dropped < logged);
    assert.equal((await child.status).code, 7, "it ends when it is told to");
    await child.stdout.cancel();
  });

  Deno.test(`openLogSink() (${kind}) survives a closed pipe`, async () => {
    const { child, said } = spawn("closed", kind);
    await child.stdout.cancel();
    const { logged, ticks, after } = await said();
    assert.ok(ticks >= 100, `${ticks} ticks`);
    assert.deepEqual(after, {
      written: 0,
      dropped: logged,
      bytes_in_flight: 0,
    });
    assert.equal((await child.status).success, true);
  });

  Deno.test(`openLogSink() (${kind}) says how many were dropped when there is room again`, async () => {
    const { child } = spawn("resume", kind);
    const errors = child.stderr.pipeThrough(new TextDecoderStream())
      .getReader();
    // Its first word on stderr is that records have been dropped.
    let told = (await errors.read()).value ?? "";
    const text = await new Response(child.stdout).text();
    for (;;) {
      const { done, value } = await errors.read();
      if (done) break;
      told += value;
    }
    const { logged, after } = JSON.parse(
      told.trim().split("\n").at(-1) ?? "",
    ) as Said;
    const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
    const reports = lines.filter((line) => line.logger === "loophound.logging");
    const reported = reports.reduce((sum, line) => sum + line.dropped, 0);
    assert.ok(reports.length >= 1);
    assert.match(reports[0].message, /log records were dropped/);
    assert.equal(reported, after.dropped);
    assert.equal(lines.length - reports.length, after.written);
    assert.equal(after.written + after.dropped, logged);
    assert.equal((await child.status).success, true);
  });
}

Deno.test("openLogSink() closes its thread and counts what comes late", async () => {
  const log = openLogSink({ format: "json" });
  assert.equal(await log.flush(), true);
  await log[Symbol.asyncDispose]();
  await log[Symbol.asyncDispose]();
  const record: LogRecord = {
    category: [],
    level: "info",
    message: ["late"],
    rawMessage: "late",
    timestamp: 0,
    properties: {},
  };
  log.sink(record);
  assert.deepEqual(log.stats(), { written: 0, dropped: 1, bytes_in_flight: 0 });
  assert.equal(threadsAlive(), 0);
});
