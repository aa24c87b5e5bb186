import assert from "node:assert/strict";
import { GapWatch, type GapWatchParts } from "./_gap_watch.ts";

/** A watch of a program that computed all the time, and what it suspects. */
function watch(
  profiling: { profile: object | null },
  stolenBetween = (_from: number, _to: number) => 0,
  graceEnds = -Infinity,
) {
  const suspected: number[] = [];
  const startups: boolean[] = [];
  const parts = {
    thresholdMs: 5,
    tickMs: 2,
    calls: { mode: "exact", explained: 0, spans: [] },
    cpu: {
      exact: true,
      inLast: (ms: number) => ({ used: ms, doubt: 0 }),
      between: (from: number, to: number) => to - from,
      stolenBetween,
    },
    profiling,
    desk: {
      verdicts: { preempted: 0 },
      add: ({ ms }: { ms: number }, facts: { startup: boolean }) => {
        suspected.push(ms);
        startups.push(facts.startup);
      },
    },
    delayBetween: () => 0,
    isStartup: (at: number) => at < graceEnds,
  };
  return {
    gaps: new GapWatch(parts as unknown as GapWatchParts),
    suspected,
    startups,
  };
}

Deno.test("GapWatch asks for longer gaps from when on there is no profile", () => {
  const profiling: { profile: object | null } = { profile: {} };
  const { gaps, suspected } = watch(profiling);
  gaps.look(11, 1_000);
  gaps.look(14, 2_000);
  assert.deepEqual(suspected, [12]);
  // The host delivers none after all.
  profiling.profile = null;
  gaps.look(14, 3_000);
  gaps.look(22, 4_000);
  assert.deepEqual(suspected, [12, 20]);
});

Deno.test("GapWatch leaves what may have been stolen to the profile, if there is one", () => {
  const profiling: { profile: object | null } = { profile: {} };
  const { gaps, suspected } = watch(profiling, (from, to) => to - from);
  gaps.look(42, 1_000);
  assert.deepEqual(suspected, [40]);
  profiling.profile = null;
  gaps.look(42, 2_000);
  assert.deepEqual(suspected, [40]);
});

Deno.test("GapWatch counts a gap in whose last moments the grace ended as start-up", () => {
  const { gaps, startups } = watch({ profile: {} }, undefined, 1_000);
  gaps.look(300, 900);
  gaps.look(300, 1_005);
  gaps.look(300, 1_020);
  gaps.look(300, 2_000);
  assert.deepEqual(startups, [true, true, false, false]);
});
