/**
 * Watches all tests of a run: `deno test --preload <URL of this module>`.
 *
 * Importing it is what switches it on, in every test file. Its options come
 * from the query of its URL, which Deno keeps for `file:` URLs:
 * `./preload.ts?budgetMs=30&baseline=loop_baseline.json`. For all others, write
 * a module of your own that calls `sanitizeLoop()`.
 *
 * | parameter | as in `SanitizeLoopOptions` |
 * |---|---|
 * | `budgetMs` | number |
 * | `syncCalls` | `fail`, `ignore` |
 * | `baseline` | path from the working directory |
 *
 * @module
 */
import { readOptions } from "./_preload_options.ts";
import { sanitizeLoop } from "./sanitize_loop.ts";

sanitizeLoop(readOptions(new URL(import.meta.url).searchParams));
