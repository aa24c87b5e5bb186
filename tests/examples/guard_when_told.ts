/**
 * A guard that looks from the moment on at which a file appears, and then makes
 * a synchronous call itself: the proof that it looks. Preloaded by
 * `tests/guarded_test.ts` as `guard_when_told.ts?arm=<path of the file>`.
 */
import { installGuard } from "@loophound/toolkit/guard";

const file = new URL(import.meta.url).searchParams.get("arm")!;
const guard = installGuard({
  graceMs: Infinity,
  log: null,
  stacksPerSecond: Infinity,
});
guard.onCall(({ message, stack }) => {
  const line = JSON.stringify({ guarded: message, stack });
  void Deno.stderr.write(new TextEncoder().encode(`${line}\n`));
});
const waiting = setInterval(async () => {
  if (!await Deno.stat(file).catch(() => null)) return;
  clearInterval(waiting);
  guard.arm();
  // deno-lint-ignore loophound/no-sync-call no-sync-fn-in-async-fn -- this is what it is to find
  Deno.statSync(file);
}, 100);
// The program itself is loaded when nothing keeps the preloaded modules busy.
Deno.unrefTimer(waiting);
