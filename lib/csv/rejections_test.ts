import assert from "node:assert/strict";
import { createRejectionLog } from "./rejections.ts";

Deno.test("createRejectionLog() counts all and keeps few", () => {
  const log = createRejectionLog();
  for (let line = 1; line <= 1000; line++) {
    const reason = `reason ${line % 30}`;
    log.add({ line, column: 1, reason, text: "x".repeat(5000) });
  }
  log.add({ line: 1001, column: 1, reason: "reason 7", text: "" });
  const summary = log.summary();
  assert.equal(log.count, 1001);
  assert.equal(summary.length, 21);
  assert.equal(summary[0]!.reason, "reason 7");
  assert.equal(summary.at(-1)!.reason, "other");
  assert.equal(summary.reduce((sum, { count }) => sum + count, 0), 1001);
  for (const { examples } of summary) {
    assert.equal(examples.length, 5);
    assert.ok(examples.every(({ text }) => text.length <= 200));
  }
  summary[0]!.examples.length = 0;
  assert.equal(log.summary()[0]!.examples.length, 5);
});
