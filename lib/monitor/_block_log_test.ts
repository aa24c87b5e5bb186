import assert from "node:assert/strict";
import { BlockLog } from "./_block_log.ts";
import type { BlockReport } from "./types.ts";

const facts = (route: string | null) => ({
  message: "m",
  time: "t",
  own_ms: 1,
  longest_ms: 10,
  inherited_ms: 0,
  preempted_ms: 0,
  wall_ms: 1,
  threshold_ms: 5,
  route,
  function: null,
  culprit: null,
  stack: [],
  cause: null,
  advice: "a",
  trace_id: null,
  startup: false,
});

Deno.test("BlockLog logs a culprit once in a while, with counts", () => {
  const logged: [string | null, number, number][] = [];
  const log = new BlockLog({
    ring: 10,
    reportEveryMs: 1000,
    log: (report, unlogged) =>
      logged.push([report.route, report.count, unlogged]),
  });
  const heard: BlockReport[] = [];
  const listening = log.onBlock((report) => heard.push(report));
  for (const now of [0, 100, 200]) log.add("a", facts("a"), now);
  log.add("b", facts("b"), 300);
  log.add("a", facts("a"), 1000);
  assert.deepEqual(logged, [["a", 1, 0], ["b", 1, 0], ["a", 4, 2]]);
  assert.equal(heard.length, 5);
  assert.equal(log.unlogged, 2);
  assert.deepEqual(log.newest(2).map((it) => [it.route, it.count]), [
    ["a", 4],
    ["b", 1],
  ]);
  assert.deepEqual(log.counts(), [
    { route: "a", count: 4, total_ms: 40 },
    { route: "b", count: 1, total_ms: 10 },
  ]);
  listening[Symbol.dispose]();
  log.add("a", facts("a"), 1001);
  assert.equal(heard.length, 5);
});

Deno.test("BlockLog lets no culprit crowd out the others", () => {
  const log = new BlockLog({ ring: 5, reportEveryMs: 0, log: null });
  log.add("rare", facts("rare"), 0);
  for (let i = 0; i < 50; i++) log.add("often", facts("often"), i);
  assert.equal(log.newest().length, 5);
  assert.equal(log.newest().at(-1)?.route, "rare");
  assert.equal(log.newest(1)[0]?.count, 50);
  assert.deepEqual(log.newest(0), []);
});

Deno.test("BlockLog forgets culprits beyond a thousand", () => {
  const log = new BlockLog({ ring: 5, reportEveryMs: 0, log: null });
  for (let i = 0; i < 1500; i++) log.add(`r${i}`, facts(`r${i}`), i);
  assert.equal(log.counts().length, 1000);
  assert.equal(log.total, 1500);
});
