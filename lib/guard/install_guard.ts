import { isMainThread } from "node:worker_threads";
import { CallWatcher } from "./_call_watcher.ts";
import { type Lease, watch } from "./_layer.ts";
import { ABSENT } from "./_place.ts";
import { selectApis } from "./_select.ts";
import { notInstalled, testLease, testNamedImports } from "./_self_check.ts";
import type { Guard, GuardOptions } from "./types.ts";

const guards: Guard[] = [];

/**
 * The guard that was put in last and is still in: the one that a `--preload`
 * module made, for the program to give it its monitor.
 *
 * @returns The guard, or null.
 */
export function activeGuard(): Guard | null {
  return guards.at(-1) ?? null;
}

/**
 * Begins to catch the synchronous calls of the list that are made on the loop,
 * until the guard is disposed. It tests itself at once: see `guard.selfTest`.
 *
 * Called in a `--preload` module it reaches the whole program. Called later it
 * reaches all but the static named imports of modules that are loaded already.
 *
 * Several guards may be in at a time, and end in any order.
 *
 * @param options What is caught, allowed and done about it.
 * @returns The guard.
 * @throws {TypeError} An allowance has no reason, or its date is none.
 *
 * @example
 * ```ts
 * import { installGuard } from "@loophound/toolkit/guard";
 *
 * using guard = installGuard({ graceMs: 0, log: null });
 * Deno.statSync("deno.json");
 * console.log(guard.calls()[0]?.message); // Synchronous call Deno.statSync
 * ```
 */
export function installGuard(options: GuardOptions = {}): Guard {
  const { workers = false, notify = ({ message }) => console.warn(message) } =
    options;
  const watcher = new CallWatcher(options);
  const { apis, impossible } = selectApis(options.apis);
  let lease: Lease | null = workers || isLoop() ? watch(apis, watcher) : null;
  const selfTest = lease === null
    ? notInstalled("This thread is a worker, not the loop")
    : testLease({
      ...lease,
      notCaught: [...impossible, ...lease.notCaught],
    });
  const guard: Guard = {
    selfTest,
    get armed() {
      return lease !== null && watcher.armed;
    },
    arm: () => void (watcher.armedAt = -Infinity),
    useMonitor: (monitor) => void (watcher.monitor = monitor),
    onCall: (listener) => watcher.onCall(listener),
    calls: (limit) => watcher.calls(limit),
    counts: () => watcher.counts(),
    testImports: () => testNamedImports(lease?.entries ?? []),
    uninstall() {
      lease?.release();
      lease = null;
      const index = guards.indexOf(guard);
      if (index >= 0) guards.splice(index, 1);
    },
    [Symbol.dispose]: () => guard.uninstall(),
  };
  if (lease !== null) guards.push(guard);
  const failed = selfTest.notCaught.filter(({ reason }) =>
    // What the host has not, nobody can call.
    !reason.startsWith(ABSENT)
  );
  if (failed.length > 0) {
    const reasons = failed.map(({ api, reason }) => `${api} (${reason})`);
    notify({
      kind: "not_caught",
      message: `Cannot catch ${reasons.join("; ")}`,
    });
  }
  return guard;
}

/** Whether the calling thread is the one that serves. */
function isLoop(): boolean {
  // In a Web Worker `isMainThread` is true on Deno.
  return isMainThread && !("WorkerGlobalScope" in globalThis);
}
