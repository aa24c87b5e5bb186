import assert from "node:assert/strict";
import { retryDelayMs } from "./_backoff.ts";

Deno.test("retryDelayMs() grows fourfold, with a quarter either way by chance", () => {
  const delays = (random: number) =>
    [0, 1, 2].map((errors) =>
      retryDelayMs(errors, { backoffMs: 1_000, random })
    );
  assert.deepEqual(delays(0.5), [1_000, 4_000, 16_000]);
  assert.deepEqual(delays(0), [750, 3_000, 12_000]);
  assert.deepEqual(delays(1), [1_250, 5_000, 20_000]);
});

Deno.test("retryDelayMs() is an hour at most, before chance", () => {
  const delay = (random: number) =>
    retryDelayMs(400, { backoffMs: 1_000, random });
  assert.equal(delay(0.5), 3_600_000);
  assert.equal(delay(1), 4_500_000);
});
