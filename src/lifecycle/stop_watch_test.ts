import assert from "node:assert/strict";
import { mock } from "node:test";
import { type StopWatchOptions, watchForStop } from "./stop_watch.ts";

/** A watch whose signals come from the test. */
function watch(options: Partial<StopWatchOptions> = {}) {
  const listeners = new Map<string, () => void>();
  const exits: number[] = [];
  const told: string[] = [];
  const stop = watchForStop({
    limitMs: 100,
    onLimit: () => told.push("limit"),
    exit: (code) => exits.push(code),
    listen: (name, listener) => void listeners.set(name, listener),
    ...options,
  });
  const send = (name: string) => listeners.get(name)!();
  return { stop, send, exits, told };
}

Deno.test("watchForStop() asks at the first signal and ends at the second", async () => {
  for (const [second, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    const { stop, send, exits } = watch();
    using _ = stop;
    assert.equal(stop.signal.aborted, false);
    send("SIGTERM");
    assert.equal(await stop.asked, "SIGTERM");
    assert.equal(stop.signal.aborted, true);
    assert.deepEqual(exits, []);
    send(second);
    assert.deepEqual(exits, [code]);
  }
});

Deno.test("watchForStop() ends by force at the limit, after the delay", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { stop, send, exits, told } = watch();
    using _ = stop;
    stop.delayMs = 50;
    send("SIGINT");
    mock.timers.tick(149);
    assert.deepEqual(exits, []);
    mock.timers.tick(1);
    assert.deepEqual([exits, told], [[1], ["limit"]]);
  } finally {
    mock.timers.reset();
  }
});

Deno.test("watchForStop() says what a host without signals lacks", () => {
  const { stop } = watch({
    listen: () => {
      throw new TypeError("not here");
    },
  });
  using _ = stop;
  assert.equal(stop.missing.length, 2);
  assert.match(stop.missing[1]!, /told to stop by SIGTERM.*\(not here\)/);
});
