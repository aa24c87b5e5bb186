import assert from "node:assert/strict";
import { mock } from "node:test";
import {
  type ProfileChunk,
  releaseProfile,
  retainProfile,
  type RollingProfile,
} from "./_rolling_profile.ts";
import { sleep, spin } from "./_testing.ts";

let ignore = false;
try {
  const user = () => {};
  releaseProfile(retainProfile(user), user);
} catch {
  ignore = true;
}

const passed: [from: number, to: number][] = [];
const user = (from: number, to: number) => void passed.push([from, to]);

async function whileProfiling(
  test: (profile: RollingProfile) => Promise<void>,
): Promise<void> {
  passed.length = 0;
  const profile = retainProfile(user);
  try {
    await test(profile);
  } finally {
    releaseProfile(profile, user);
  }
}

Deno.test(
  "RollingProfile tells of each chunk's time, also of those that nobody asked for",
  {
    ignore,
  },
  () =>
    whileProfiling(async (profile) => {
      spin(20);
      const { now } = performance;
      const later = mock.method(
        performance,
        "now",
        () => now.call(performance) + 60_000,
      );
      try {
        profile.tick(performance.now());
        await sleep(20);
      } finally {
        later.mock.restore();
      }
      assert.equal(passed.length, 1);
      const [[from, to]] = passed as [[number, number]];
      assert.ok(to > from);
    }),
);

Deno.test("RollingProfile gives a chunk with the turn that it was cut in", {
  ignore,
}, () =>
  whileProfiling(async (profile) => {
    spin(10);
    const chunks: (ProfileChunk | null)[] = [];
    profile.hurry();
    profile.whenCovered(performance.now(), (chunk) => {
      chunks.push(chunk);
      spin(3);
    });
    const now = performance.now();
    profile.tick(now);
    await sleep(20);
    assert.equal(chunks[0]?.turnFrom, now);
    const [[from, to]] = passed as [[number, number]];
    assert.equal(from, now);
    assert.ok(to - from >= 3);
  }));
