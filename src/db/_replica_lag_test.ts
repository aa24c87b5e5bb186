import assert from "node:assert/strict";
import fc from "fast-check";
import { createLagMeter } from "./_replica_lag.ts";

Deno.test("createLagMeter() does not take an idle primary for a replica behind", () => {
  const meter = createLagMeter();
  meter.primary(500n, 0);
  meter.primary(500n, 3_600_000);
  const hour = 3_600_000;
  assert.deepEqual(
    meter.lag({ now: hour + 2, replayed: 500n, sinceCommitMs: hour }),
    { lagMs: 2, behindBytes: 0 },
  );
});

Deno.test("createLagMeter() tells when the primary last stood where the replica is", () => {
  const meter = createLagMeter();
  for (let at = 0; at < 10; at++) meter.primary(BigInt(at * 100), at * 1_000);
  assert.deepEqual(
    meter.lag({ now: 9_000, replayed: 450n }),
    { lagMs: 5_000, behindBytes: 450 },
  );
  // It goes on falling behind, although the primary does not answer.
  assert.equal(meter.lag({ now: 11_000, replayed: 450n }).lagMs, 7_000);
  assert.equal(meter.lag({ now: 11_000, replayed: 900n }).lagMs, 2_000);
});

Deno.test("createLagMeter() goes by the last commit when it knows no better", () => {
  const meter = createLagMeter();
  assert.equal(meter.lag({ now: 0, replayed: 1n }).lagMs, Infinity);
  meter.primary(100n, 0);
  assert.equal(meter.lag({ now: 1, replayed: undefined }).lagMs, Infinity);
  assert.equal(meter.lag({ now: 1, replayed: 50n }).lagMs, Infinity);
  assert.equal(
    meter.lag({ now: 1, replayed: 50n, sinceCommitMs: 700 }).lagMs,
    700,
  );
  // Two clocks that disagree make no lag below none.
  assert.equal(
    meter.lag({ now: 1, replayed: 50n, sinceCommitMs: -30 }).lagMs,
    0,
  );
});

Deno.test("createLagMeter() never makes a lag look shorter than it is", () => {
  const step = fc.record({
    ms: fc.integer({ min: 1, max: 500 }),
    writes: fc.integer({ min: 0, max: 3 }),
    replays: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 2_000, size: "max" }),
      (steps) => {
        const meter = createLagMeter();
        /** When the primary moved on from each position. */
        const left = new Map<number, number>();
        let now = 0;
        let primary = 0;
        let replayed = 0;
        for (const { ms, writes, replays } of steps) {
          now += ms;
          for (let i = 0; i < writes; i++) left.set(primary++, now);
          meter.primary(BigInt(primary), now);
          replayed = Math.min(primary, replayed + replays);
          const { lagMs, behindBytes } = meter.lag({
            now,
            replayed: BigInt(replayed),
          });
          const true_ = replayed === primary ? 0 : now - left.get(replayed)!;
          if (lagMs < true_ || behindBytes !== primary - replayed) return false;
        }
        return true;
      },
    ),
    { numRuns: 40 },
  );
});
