/** Puts the guard in before the apps of the case book are loaded. */
import { installGuard } from "@loophound/toolkit/guard";

installGuard({
  action: "count",
  // The host arms it once all is loaded.
  graceMs: Infinity,
  log: null,
  // One case makes thousands of calls: the next must not go without a stack.
  stacksPerSecond: Infinity,
  allow: [{
    apis: "node:fs.readFileSync",
    where: { file: "innocent_calls" },
    reason: "A file of twelve bytes",
    maxMs: 5,
  }],
});
