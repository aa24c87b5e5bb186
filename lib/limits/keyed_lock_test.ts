import loophound from "@loophound/toolkit/lint";
import assert from "node:assert/strict";
import fc from "fast-check";
import { createKeyedLock } from "./keyed_lock.ts";
import { settled } from "./_test_clock.ts";
import type { KeyedLock } from "./types.ts";

Deno.test("createKeyedLock() lets one at a time have a key, in order, and forgets keys", async () => {
  const step = fc.record({
    key: fc.constantFrom("a", "b", "c", "__proto__"),
    turns: fc.integer({ min: 0, max: 5 }),
    abort: fc.boolean(),
    fails: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40, size: "max" }),
      async (steps) => {
        const locks = createKeyedLock("l");
        const inside = new Map<string, number>();
        const served = new Map<string, number[]>();
        const aborted = new Set<number>();
        const runs = steps.map(({ key, turns, abort, fails }, id) => {
          const controller = new AbortController();
          const run = locks.run(key, async () => {
            assert.equal(inside.get(key) ?? 0, 0);
            inside.set(key, 1);
            served.set(key, [...served.get(key) ?? [], id]);
            for (let n = 0; n < turns; n++) await Promise.resolve();
            inside.set(key, 0);
            if (fails) throw new Error("work failed");
          }, { signal: controller.signal });
          const ended = run.catch((error) => {
            if (error.name === "AbortError") aborted.add(id);
            else assert.equal(error.message, "work failed");
          });
          if (abort) controller.abort();
          return ended;
        });
        await Promise.all(runs);
        assert.equal(locks.size, 0);
        const { concurrent, queue_depth } = locks.stats();
        assert.deepEqual({ concurrent, queue_depth }, {
          concurrent: 0,
          queue_depth: 0,
        });
        for (const key of new Set(steps.map(({ key }) => key))) {
          const expected = steps.flatMap((step, id) =>
            step.key === key && !aborted.has(id) ? [id] : []
          );
          assert.deepEqual(served.get(key) ?? [], expected);
        }
        assert.ok([...aborted].every((id) => steps[id]!.abort));
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("createKeyedLock() lets different keys go side by side", async () => {
  const locks = createKeyedLock("l");
  using _a = await locks.acquire("a");
  using _b = await locks.acquire("b");
  assert.equal(locks.size, 2);
  const second = locks.acquire("a");
  await settled();
  const { concurrent, queue_depth } = locks.stats();
  assert.deepEqual({ concurrent, queue_depth }, {
    concurrent: 2,
    queue_depth: 1,
  });
  _a.release();
  (await second).release();
  assert.equal(locks.size, 1);
});

Deno.test("createKeyedLock() serves a higher priority first", async () => {
  const locks = createKeyedLock("l");
  const order: number[] = [];
  const held = await locks.acquire("a");
  const runs = [0, 5, -1, 5].map((priority, at) =>
    locks.run("a", () => void order.push(at), { priority })
  );
  await settled();
  held.release();
  await Promise.all(runs);
  assert.deepEqual(order, [1, 3, 0, 2]);
});

/** The counter of the race: what reads it waits before it writes. */
const unlocked = `
let counter = 0;
export async function increment(pause) {
  const before = counter;
  await pause();
  counter = before + 1;
}
export function read() {
  return counter;
}
`;
const locked = unlocked
  .replace("(pause)", "(pause, locks)")
  .replace(
    "const before",
    'using _permit = await locks.acquire("counter");\n  const before',
  );

interface Counter {
  increment(pause: () => Promise<void>, locks: KeyedLock): Promise<void>;
  read(): number;
}

async function load(source: string): Promise<Counter> {
  return await import(`data:text/javascript,${encodeURIComponent(source)}`);
}

function lint(source: string): string[] {
  return Deno.lint.runPlugin(loophound, "/app/counter.ts", source)
    .filter(({ id }) => id === "loophound/no-await-between-read-and-write")
    .map(({ range }) => source.slice(...range));
}

const pause = () => Promise.resolve();

Deno.test("1,000 increments that read, await and write lose updates, and the lint finds it", async () => {
  const counter = await load(unlocked);
  const locks = createKeyedLock("counters");
  await Promise.all(
    Array.from({ length: 1000 }, () => counter.increment(pause, locks)),
  );
  assert.equal(counter.read(), 1);
  assert.deepEqual(lint(unlocked), ["counter"]);
});

Deno.test("1,000 increments under the keyed lock are 1,000, and the lint is content", async () => {
  const counter = await load(locked);
  const locks = createKeyedLock("counters");
  await Promise.all(
    Array.from({ length: 1000 }, () => counter.increment(pause, locks)),
  );
  assert.equal(counter.read(), 1000);
  assert.equal(locks.size, 0);
  assert.deepEqual(lint(locked), []);
});
