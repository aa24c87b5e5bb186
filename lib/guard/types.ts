import type {
  BlockingApi,
  BlockingKind,
  BlockingSize,
} from "@loophound/toolkit/blocking_apis";
import type { LoopMonitor } from "@loophound/toolkit/monitor";
import type { StackFrame } from "@loophound/toolkit/stack";

/**
 * Chooses APIs by their id: `Deno.readFileSync`, or with `*` for any text:
 * `node:fs.*`, `Deno.*Sync`.
 */
export type ApiPattern = string | RegExp;

/**
 * What happens to a call that nothing allows. `log`: it is recorded and logged.
 * `count`: it is recorded. `throw`: it is recorded, and a `SyncCallError` is
 * thrown in its place.
 */
export type GuardAction = "log" | "count" | "throw";

/** Where a call comes from. */
export interface CallerPattern {
  /** Text within the file's URL, or a pattern for it. */
  file?: string | RegExp;
  /** The function's name (`load`, and for a method `load` or `Store.load`), or a pattern. */
  function?: string | RegExp;
}

/** Permission to make synchronous calls. */
export interface Allowance {
  /**
   * Which APIs.
   *
   * @default all of them
   */
  apis?: ApiPattern | readonly ApiPattern[];
  /**
   * Which callers: one frame of the call's stack must match all that is given.
   *
   * @default any caller
   */
  where?: CallerPattern;
  /** Why it is allowed. Shown in reports. */
  reason: string;
  /**
   * ISO date or time from which on it does not count any more. It is said once
   * that it has expired.
   *
   * @default never
   */
  expires?: string;
  /**
   * A call that took longer, in milliseconds, is reported although allowed.
   *
   * @default any duration
   */
  maxMs?: number;
}

/** A synchronous call on the loop. Times in milliseconds. */
export interface SyncCallReport {
  /** `Synchronous call Deno.readTextFileSync in GET /x`. */
  message: string;
  level: "warning";
  /** ISO time at which the report was made. */
  time: string;
  /** As in the list: `Deno.readTextFileSync`. */
  api: string;
  kind: BlockingKind;
  /** The monitored call that it belongs to; null where no monitor knows one. */
  route: string | null;
  /** Null where only the runtime is on the stack. */
  culprit: StackFrame | null;
  /** Innermost first, at most 12. */
  stack: string[];
  /** Null when the call was not let through. */
  duration_ms: number | null;
  /** For APIs that matter by size; null for the others and where it cannot be told. */
  size: { value: number; unit: BlockingSize["unit"] } | null;
  action: GuardAction;
  /** Calls of this API from this culprit under this route so far. */
  count: number;
  /** What to do instead. */
  advice: string;
  /** Reason of the allowance whose `maxMs` the call exceeded, else null. */
  allowed_by: string | null;
}

/** Calls of one API from one culprit under one route. */
export interface SyncCallCount {
  api: string;
  route: string | null;
  culprit: StackFrame | null;
  /**
   * False for calls beyond `stacksPerSecond`, of which only the API is known.
   */
  examined: boolean;
  count: number;
  /** Milliseconds of the calls that were let through. */
  total_ms: number;
  longest_ms: number;
}

/** What a guard has to say of itself. */
export interface GuardNotice {
  kind: "not_caught" | "expired_allowance";
  message: string;
}

/** What one named import of a module is worth under the guard. */
export interface ImportTest {
  module: string;
  caught: boolean;
  /** Null when it is caught. */
  reason: string | null;
}

/** What a guard found when it tested itself. */
export interface GuardSelfTest {
  /** Whether the guard is in at all: it is not in a worker, unless asked. */
  installed: boolean;
  /** Ids of the APIs whose calls reached the guard when it tried them. */
  caught: readonly string[];
  /** APIs that were asked for and are not caught. */
  notCaught: readonly { api: string; reason: string }[];
  /** How far static named imports (`import { readFileSync } from "node:fs"`) are caught. */
  namedImports: {
    /**
     * `later_modules`: in every module loaded after the guard was put in, which
     * is the whole program when a `--preload` module did it. `mapped`: in
     * modules that an import map of `guardImports()` leads to the guard.
     */
    reach: "later_modules" | "mapped" | "none";
    /** What is not reached, and why. */
    reason: string;
  };
}

/** Options of {@linkcode Guard} makers. */
export interface GuardOptions {
  /** @default {"log"} */
  action?: GuardAction;
  /**
   * Which entries of the list are guarded.
   *
   * @default synchronous ones that the list tells by default, and those that
   * compute (`structuredClone`) once they were slow
   */
  apis?:
    | ApiPattern
    | readonly ApiPattern[]
    | ((api: BlockingApi) => boolean);
  /**
   * Calls in the first milliseconds are not reported: a program may read its
   * files while it starts. `Infinity`: until `arm()`.
   *
   * @default {1000}
   */
  graceMs?: number;
  /**
   * What is allowed everywhere. The first that matches counts.
   *
   * @default {[]}
   */
  allow?: readonly Allowance[];
  /**
   * Names the route of a call. May be given later with `useMonitor()`.
   *
   * @default {null}
   */
  monitor?: Pick<LoopMonitor, "currentLabel"> | null;
  /**
   * Entries without a size of their own that the list does not tell by default,
   * and those whose size cannot be told, are reported from so many milliseconds
   * on.
   *
   * @default {5}
   */
  slowMs?: number;
  /**
   * Logs a report; `unlogged` says how many of the same culprit were left out
   * since the last time. `onCall` listeners get all. Null: nothing is logged.
   *
   * @default one warning on the console
   */
  log?: ((report: SyncCallReport, unlogged: number) => void) | null;
  /**
   * Told when an API that was asked for cannot be caught, and when an allowance
   * has expired; each once.
   *
   * @default one warning on the console
   */
  notify?: (notice: GuardNotice) => void;
  /**
   * A culprit is logged at most once in so many milliseconds.
   *
   * @default {60_000}
   */
  reportEveryMs?: number;
  /**
   * How many reports are kept.
   *
   * @default {200}
   */
  ring?: number;
  /**
   * Stacks taken in one second for one API. Calls beyond are counted, and not
   * reported: a stack costs 0.1 to 0.3 ms, the call in a hot loop much less.
   *
   * @default {100}
   */
  stacksPerSecond?: number;
  /**
   * Whether the guard is put in where the calling thread is a worker, where
   * holding the thread is what it is for.
   *
   * @default {false}
   */
  workers?: boolean;
}

/** Catches synchronous calls. Made by `installGuard`; ends when disposed. */
export interface Guard extends Disposable {
  readonly selfTest: GuardSelfTest;
  /** Whether calls are reported by now. */
  readonly armed: boolean;
  /** Ends the grace. */
  arm(): void;
  /** Whose routes the reports name from now on. */
  useMonitor(monitor: Pick<LoopMonitor, "currentLabel"> | null): void;
  /** Called for every report, before anything is thrown. */
  onCall(listener: (report: SyncCallReport) => void): Disposable;
  /** Newest first. */
  calls(limit?: number): SyncCallReport[];
  /** Longest total first. */
  counts(): SyncCallCount[];
  /**
   * Tries a static named import of each guarded module, for real.
   *
   * @returns One result a module.
   */
  testImports(): Promise<ImportTest[]>;
  /** Takes the guard out: everything is as before. */
  uninstall(): void;
}
