/**
 * Puts a guard in before the program is loaded:
 * `deno run --preload <URL of this module> main.ts`.
 *
 * Importing it is what installs the guard. Its options come from the query of
 * its URL, which Deno 2.9.6 keeps for `file:` URLs outside `node_modules`:
 * `file:///srv/toolkit/guard/preload.ts?action=throw&graceMs=5000`. For all
 * others, write a preload module of your own that calls `installGuard()`.
 *
 * | parameter | as in `GuardOptions` |
 * |---|---|
 * | `action` | `log`, `count`, `throw` |
 * | `apis` | ids, with `*`; several by commas |
 * | `graceMs`, `slowMs`, `reportEveryMs`, `ring`, `stacksPerSecond` | numbers |
 *
 * The program gets the guard with `activeGuard()`, to give it its monitor.
 *
 * @module
 */
import { readOptions } from "./_preload_options.ts";
import { installGuard } from "./install_guard.ts";

const guard = installGuard(readOptions(new URL(import.meta.url).searchParams));
const { namedImports: { reach, reason } } = guard.selfTest;
const missed = reach === "none"
  ? reason
  : (await guard.testImports()).filter(({ caught }) => !caught)
    .map(({ module, reason }) => `${module} (${reason})`).join("; ");
if (missed !== "") console.warn(`Cannot catch named imports: ${missed}`);
