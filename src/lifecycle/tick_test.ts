import assert from "node:assert/strict";
import { type Cron, registerTick } from "./tick.ts";

Deno.test("registerTick() does nothing on a host without Deno.cron", () => {
  assert.equal(
    registerTick({
      work: () => assert.fail("no tick comes"),
      signal: new AbortController().signal,
      onError: () => assert.fail("no error"),
      cron: undefined,
    }),
    false,
  );
});

Deno.test("registerTick() bounds a tick, and tells of one that fails", async () => {
  const ticks: (() => Promise<void>)[] = [];
  const cron: Cron = (name, schedule, _options, tick) => {
    assert.deepEqual([name, schedule], ["loophound-jobs", "* * * * *"]);
    ticks.push(tick);
    return Promise.resolve();
  };
  const errors: unknown[] = [];
  const stop = new AbortController();
  const options = {
    signal: stop.signal,
    onError: (error: unknown) => errors.push(error),
    limitMs: 10,
    cron,
  };
  const aborted = (signal: AbortSignal) =>
    new Promise<void>((resolve) =>
      signal.addEventListener("abort", () => resolve(), { once: true })
    );
  assert.equal(registerTick({ ...options, work: aborted }), true);
  await ticks[0]!();
  registerTick({ ...options, work: () => Promise.reject(new Error("gone")) });
  await ticks[1]!();
  assert.deepEqual(errors.map(String), ["Error: gone"]);
  const ticking = ticks[0]!();
  stop.abort();
  await ticking;
  // What fails because the process stops is no news.
  await ticks[1]!();
  assert.equal(errors.length, 1);
});

Deno.test("registerTick() says when the host refuses", () => {
  const errors: unknown[] = [];
  const registered = registerTick({
    work: () => Promise.resolve(),
    signal: new AbortController().signal,
    onError: (error) => errors.push(error),
    cron: () => {
      throw new TypeError("refused");
    },
  });
  assert.equal(registered, false);
  assert.deepEqual(errors.map(String), ["TypeError: refused"]);
});
