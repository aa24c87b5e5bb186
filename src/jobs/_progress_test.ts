import assert from "node:assert/strict";
import { trackProgress } from "./_progress.ts";
import type { JobProgress } from "./types.ts";

function track(write?: (progress: JobProgress) => Promise<void>) {
  let time = 0;
  const written: JobProgress[] = [];
  const tracker = trackProgress({
    total: 100,
    intervalMs: 0,
    now: () => time,
    write: write ?? ((progress) => {
      written.push(progress);
      return Promise.resolve();
    }),
  });
  return {
    tracker,
    written,
    at(ms: number, done: number, doing = "loading") {
      time = ms;
      tracker.update({ done, total: 100, doing });
      return tracker.current;
    },
  };
}

Deno.test("trackProgress() tells rate and time left of the phase", async () => {
  const { tracker, at } = track();
  at(0, 0, "hashing");
  assert.equal(at(1_000, 50, "hashing").rate, 50);
  assert.equal(at(1_000, 0).rate, 0);
  assert.equal(at(1_000, 0).eta_s, null);
  assert.deepEqual(at(3_000, 20), {
    done: 20,
    total: 100,
    rate: 10,
    doing: "loading",
    eta_s: 8,
  });
  await tracker.stop();
});

Deno.test("trackProgress() never goes back within a phase", async () => {
  const { tracker, at } = track();
  assert.equal(at(1, 40).done, 40);
  assert.equal(at(2, 10).done, 40);
  assert.equal(at(3, 41).done, 41);
  assert.equal(at(4, 0, "merging").done, 0);
  await tracker.stop();
});

Deno.test("trackProgress() writes one at a time, the newest last, and none once stopped", async () => {
  let writing = 0;
  const written: number[] = [];
  const gate = Promise.withResolvers<void>();
  const { tracker, at } = track(async ({ done }) => {
    assert.equal(++writing, 1);
    await gate.promise;
    written.push(done);
    writing--;
    // The next one makes it good.
    throw new Error("the database is away");
  });
  for (let done = 1; done <= 5; done++) at(done, done);
  gate.resolve();
  while (written.length < 2) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.deepEqual(written, [1, 5]);
  at(6, 6);
  await tracker.stop();
  at(7, 7);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(!written.includes(7));
});
