import assert from "node:assert/strict";
import fc from "fast-check";
import { defaultLimits, parseLimits } from "./limits.ts";

Deno.test("parseLimits() replaces and adds", () => {
  assert.deepEqual(parseLimits(""), { ...defaultLimits });
  assert.deepEqual(parseLimits(" discogs=3, roon = 2 ,"), {
    ...defaultLimits,
    discogs: 3,
    roon: 2,
  });
});

Deno.test("parseLimits() names what it cannot read", () => {
  for (
    const [text, message] of [
      ["discogs", /discogs takes a whole number from 1 to 10000, not ""/],
      ["discogs=0", /discogs takes .* not "0"/],
      ["discogs=1.5", /not "1.5"/],
      ["discogs=many", /not "many"/],
      ["=5", /"=5" is not name=number/],
      ["Last FM=5", /"Last FM=5" is not name=number/],
    ] as const
  ) {
    assert.throws(() => parseLimits(text), { name: "RangeError", message });
  }
});

Deno.test("parseLimits() reads what was written, or refuses it", () => {
  fc.assert(fc.property(
    fc.dictionary(
      fc.stringMatching(/^[a-z][a-z0-9_]{0,31}$/),
      fc.integer({ min: 1, max: 10_000 }),
    ),
    (limits) => {
      const text = Object.entries(limits).map(([key, count]) =>
        `${key}=${count}`
      ).join(",");
      assert.deepEqual(parseLimits(text), { ...defaultLimits, ...limits });
    },
  ));
  fc.assert(fc.property(fc.string(), (text) => {
    try {
      for (const count of Object.values(parseLimits(text))) {
        assert.ok(Number.isInteger(count) && count >= 1);
      }
    } catch (error) {
      assert.ok(error instanceof RangeError);
    }
  }));
});
