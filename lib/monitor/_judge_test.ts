import assert from "node:assert/strict";
import type { Explanation } from "./_explain.ts";
import { judge, type Suspicion, withoutCoreMs } from "./_judge.ts";

const suspicion = (more: Partial<Suspicion>): Suspicion => ({
  kind: "call",
  span: { from: 0, to: 40 },
  except: [],
  ms: 40,
  thresholdMs: 5,
  preemptedMs: 0,
  stolenMs: 0,
  cpuMs: 40,
  inspected: false,
  ...more,
});

const seen = (more: Partial<Explanation>): Explanation => ({
  frames: [],
  within: [],
  samples: 20,
  js: 20,
  gc: 0,
  idle: 0,
  native: 0,
  sampling: true,
  ...more,
});

Deno.test("judge() takes a stretch for a block, with a profile and without", () => {
  assert.equal(judge(suspicion({}), null), "block");
  assert.equal(judge(suspicion({}), seen({})), "block");
  assert.equal(judge(suspicion({ cpuMs: null }), null), "block");
});

Deno.test("judge() leaves out time that the system gave to others", () => {
  assert.equal(judge(suspicion({ preemptedMs: 36 }), null), "preempted");
  assert.equal(judge(suspicion({ preemptedMs: 20 }), null), "block");
});

Deno.test("judge() takes a stretch without samples for a stolen core", () => {
  const none = seen({ samples: 1, js: 1 });
  assert.equal(judge(suspicion({ cpuMs: 0 }), none), "preempted");
  assert.equal(judge(suspicion({ cpuMs: null }), none), "preempted");
  // The thread computed: the thread that samples was the one without a core.
  assert.equal(judge(suspicion({ cpuMs: 40 }), none), "block");
  // The profile had only just been started.
  assert.equal(
    judge(suspicion({ cpuMs: 0 }), { ...none, sampling: false }),
    "block",
  );
  assert.equal(
    judge(suspicion({ ms: 9_000, cpuMs: 0 }), seen({ samples: 3 })),
    "suspended",
  );
  assert.equal(
    judge(suspicion({ ms: 9_000, cpuMs: 0 }), seen({ samples: 4_400 })),
    "block",
  );
});

Deno.test("judge() says nothing of a breakpoint", () => {
  const paused = suspicion({ ms: 60_000, cpuMs: 20, inspected: true });
  assert.equal(judge(paused, null), "paused");
  assert.equal(judge({ ...paused, inspected: false }, null), "block");
  assert.equal(judge({ ...paused, cpuMs: 30_000 }, null), "block");
});

Deno.test("judge() wants a gap to be filled with code", () => {
  const gap = suspicion({ kind: "gap" });
  assert.equal(judge(gap, seen({})), "block");
  assert.equal(judge(gap, seen({ js: 2, native: 18 })), "idle");
  assert.equal(judge(gap, seen({ js: 2, gc: 16 })), "block");
  // The thread that samples had no core for most of the time.
  const few = seen({ samples: 4, js: 4 });
  assert.equal(judge(gap, few), "block");
  assert.equal(judge({ ...gap, cpuMs: 0 }, few), "idle");
  assert.equal(judge(gap, seen({ samples: 1, js: 1 })), "idle");
});

Deno.test("judge() believes the samples more than what was stolen around a stretch", () => {
  const stolen = suspicion({ stolenMs: 40 });
  // As CPU time or not: the kernel charges it to whoever was running.
  for (const cpuMs of [0, 20, 40, null]) {
    assert.equal(judge({ ...stolen, cpuMs }, null), "preempted");
    const few = seen({ samples: 7, js: 7 });
    assert.equal(judge({ ...stolen, cpuMs }, few), "preempted");
    assert.equal(judge({ ...stolen, cpuMs }, seen({})), "block");
  }
  // The thread waited; that is no sign that it had a core.
  const waited = seen({ samples: 20, js: 0, idle: 20 });
  assert.equal(judge(stolen, waited), "preempted");
  // Not all of it can have been stolen.
  assert.equal(judge(suspicion({ stolenMs: 30 }), null), "block");
  assert.equal(
    judge(suspicion({ stolenMs: 30, preemptedMs: 6 }), null),
    "preempted",
  );
});

Deno.test("withoutCoreMs() tells no more than samples leave room for", () => {
  const stolen = suspicion({ stolenMs: 30, preemptedMs: 4 });
  assert.equal(withoutCoreMs(stolen, null), 34);
  assert.equal(withoutCoreMs(stolen, seen({ samples: 12 })), 16);
  assert.equal(withoutCoreMs(stolen, seen({ samples: 20 })), 4);
  assert.equal(withoutCoreMs(stolen, seen({ samples: 5 })), 34);
  assert.equal(withoutCoreMs(suspicion({ preemptedMs: 4 }), null), 4);
});
