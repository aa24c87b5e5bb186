/**
 * A `deno lint` plugin that finds, in the editor, what holds the event loop or
 * wastes it. Its rules are told in `docs/lint.md`.
 *
 * ```json
 * { "lint": { "plugins": ["npm:@loophound/toolkit/lint"] } }
 * ```
 *
 * All rules are on; `lint.rules.exclude` takes one out
 * (`"loophound/no-waiting-in-line"`), and a comment allows one place:
 * `// deno-lint-ignore loophound/no-sync-call -- read once, 2 KB`.
 *
 * @module
 */
import { type LoopRule, toDenoRule } from "./_rule.ts";
import { fetchNeedsDeadline } from "./fetch_needs_deadline.ts";
import { noAsyncInNameOnly } from "./no_async_in_name_only.ts";
import { noAwaitBetweenReadAndWrite } from "./no_await_between_read_and_write.ts";
import { noFloatingPromise } from "./no_floating_promise.ts";
import { noSwallowedAbort } from "./no_swallowed_abort.ts";
import { noSyncCall } from "./no_sync_call.ts";
import { noUnboundedFanOut } from "./no_unbounded_fan_out.ts";
import { noWaitingInLine } from "./no_waiting_in_line.ts";

const RULES: Readonly<Record<string, LoopRule>> = {
  "no-sync-call": noSyncCall,
  "no-async-in-name-only": noAsyncInNameOnly,
  "no-unbounded-fan-out": noUnboundedFanOut,
  "no-waiting-in-line": noWaitingInLine,
  "fetch-needs-deadline": fetchNeedsDeadline,
  "no-await-between-read-and-write": noAwaitBetweenReadAndWrite,
  "no-swallowed-abort": noSwallowedAbort,
  "no-floating-promise": noFloatingPromise,
};

/**
 * The plugin, for `lint.plugins` in deno.json.
 *
 * @example Usage
 * ```ts
 * import loophound from "@loophound/toolkit/lint";
 * import assert from "node:assert/strict";
 *
 * assert.ok("no-sync-call" in loophound.rules);
 * ```
 */
const loophound: Deno.lint.Plugin = {
  name: "loophound",
  rules: Object.fromEntries(
    Object.entries(RULES).map(([name, rule]) => [name, toDenoRule(name, rule)]),
  ),
};

export default loophound;
