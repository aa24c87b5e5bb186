import assert from "node:assert/strict";
import { type LagSource, RecentLag } from "./_recent_lag.ts";

/** A loop whose stalls are told: `[from, to]`. */
function loopWith(
  stalls: [number, number][],
  clock: { now: number },
): LagSource & { open: number } {
  const source = {
    open: 0,
    lagBetween: (from: number, to: number) =>
      stalls.reduce(
        (sum, [a, b]) => sum + Math.max(0, Math.min(b, to) - Math.max(a, from)),
        0,
      ),
    openWindow() {
      source.open++;
      const since = clock.now;
      const figures = () => {
        const seen = stalls.filter(([, b]) => b > since && b <= clock.now)
          .map(([a, b]) => b - a);
        const max_ms = Math.max(0, ...seen);
        return { p999_ms: max_ms, max_ms, blocks: 0 };
      };
      return {
        figures,
        close() {
          source.open--;
          return figures();
        },
      };
    },
  };
  return source;
}

function ask(stalls: [number, number][], times: number[]): number[] {
  const clock = { now: 0 };
  const source = loopWith(stalls, clock);
  const lag = new RecentLag(source, 1000);
  const answers = times.map((now) => {
    clock.now = now;
    return lag.at(now);
  });
  assert.equal(source.open, 1);
  return answers;
}

const every = (ms: number, to: number) =>
  Array.from({ length: to / ms + 1 }, (_, i) => i * ms);

Deno.test("RecentLag takes one pause for no overload", () => {
  assert.equal(Math.max(...ask([[400, 600]], every(50, 2000))), 0);
});

Deno.test("RecentLag sees a loop that comes late again and again, and forgets it", () => {
  const stalls: [number, number][] = [[100, 220], [400, 530], [700, 820]];
  const times = every(50, 2500);
  const answers = ask(stalls, times);
  const at = (ms: number) => answers[times.indexOf(ms)]!;
  assert.equal(at(250), 0);
  assert.equal(at(550), 120);
  assert.equal(at(1000), 120);
  assert.equal(at(2500), 0);
});

Deno.test("RecentLag sees one stall longer than a quarter at once", () => {
  const [, after] = ask([[100, 900]], [0, 900]);
  assert.equal(after, 800);
});

Deno.test("RecentLag does not take an old stall for a new one", () => {
  const [, after] = ask([[100, 900]], [0, 60_000]);
  assert.equal(after, 0);
});
