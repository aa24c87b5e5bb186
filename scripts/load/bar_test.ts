import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import {
  type BarState,
  formatBytes,
  formatSeconds,
  renderBar,
  renderLine,
} from "./bar.ts";
import { createScreen } from "./screen.ts";

const state: BarState = {
  doing: "loading",
  done: 2_200_000,
  total: 4_400_000,
  rate: 1_100_000,
  eta_s: 2,
};

Deno.test("formatBytes() and formatSeconds() read well", () => {
  deepEqual([0, 999, 999.6, 1_000, 65_536, 4_398_837, 2e12].map(formatBytes), [
    "0 B",
    "999 B",
    "1.0 kB",
    "1.0 kB",
    "65.5 kB",
    "4.4 MB",
    "2.0 TB",
  ]);
  deepEqual([0, 5.4, 65, 3_723].map(formatSeconds), [
    "0:00",
    "0:05",
    "1:05",
    "1:02:03",
  ]);
});

Deno.test("renderBar() shows phase, share, bytes, rate and time left", () => {
  equal(
    renderBar(state, 100),
    `loading     [${"█".repeat(15)}${
      "░".repeat(15)
    }]   50 %  2.2 MB of 4.4 MB  1.1 MB/s  0:02 left`,
  );
  equal(
    renderBar({ ...state, total: 0, eta_s: null }, 100),
    "loading     2.2 MB  1.1 MB/s",
  );
  equal(
    renderLine({ ...state, attempt: 2 }),
    "loading, 50 %, 2.2 MB of 4.4 MB, 1.1 MB/s, 0:02 left, attempt 2",
  );
});

Deno.test("renderBar() leaves out what has no room, the least important first", () => {
  equal(
    renderBar(state, 60),
    `loading     [${"█".repeat(5)}${
      "░".repeat(6)
    }]   50 %  2.2 MB of 4.4 MB  1.1 MB/s`,
  );
  equal(
    renderBar(state, 32),
    `loading     [${"█".repeat(5)}${"░".repeat(6)}]   50 %`,
  );
  equal(renderBar(state, 5), "loadi");
});

Deno.test("renderBar() is never wider than the terminal", () => {
  const amount = fc.double({ min: 0, max: 1e13, noNaN: true });
  fc.assert(fc.property(
    fc.record({
      doing: fc.string({ maxLength: 30 }),
      done: amount,
      total: amount,
      rate: amount,
      eta_s: fc.option(amount),
      attempt: fc.nat(),
    }),
    fc.integer({ min: 1, max: 300 }),
    (state, columns) => {
      ok(renderBar(state, columns).length <= columns);
    },
  ));
});

Deno.test("createScreen() rewrites one line of a terminal", () => {
  const written: string[] = [];
  const screen = createScreen({
    write: (text) => written.push(text),
    columns: () => 33,
  });
  screen.show(state);
  screen.show(state);
  screen.say("Job 1");
  screen.end();
  deepEqual(written, [
    `\r${renderBar(state, 32)}\x1b[K`,
    "\r\x1b[K",
    "Job 1\n",
  ]);
});

Deno.test("createScreen() writes a line for each change into a log", () => {
  const written: string[] = [];
  const screen = createScreen({
    write: (text) => written.push(text),
    columns: undefined,
  });
  for (let done = 0; done <= 100; done++) {
    screen.show({ ...state, done, total: 100 });
  }
  screen.show({ ...state, doing: "publishing" });
  screen.end();
  equal(written.length, 12);
  ok(written.every((line) => line.endsWith("\n") && !line.includes("\r")));
});
