import assert from "node:assert/strict";
import fc from "fast-check";
import { Heap } from "./_heap.ts";

Deno.test("Heap answers the first of what is in it, whoever leaves", () => {
  const step = fc.record({
    do: fc.constantFrom("push", "push", "remove", "shift"),
    n: fc.integer({ min: 0, max: 1000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
      const heap = new Heap<{ heapIndex: number; n: number }>((a, b) =>
        a.n < b.n
      );
      const all: { heapIndex: number; n: number }[] = [];
      const leave = (at: number) => {
        const [item] = all.splice(at, 1);
        if (item !== undefined) heap.remove(item);
      };
      for (const { do: what, n } of steps) {
        if (what === "push") {
          const item = { heapIndex: -1, n };
          all.push(item);
          heap.push(item);
        } else if (what === "remove") leave(n % Math.max(1, all.length));
        else if (heap.first !== undefined) leave(all.indexOf(heap.first));
        assert.equal(heap.size, all.length);
        assert.equal(
          heap.first?.n,
          all.length === 0 ? undefined : Math.min(...all.map(({ n }) => n)),
        );
      }
    }),
    { numRuns: 300 },
  );
});
