import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import {
  applyChanges,
  type Baseline,
  type BaselineChanges,
  type BaselineEntry,
  entryFor,
  limitsOf,
  same,
  shrink,
} from "./_baseline.ts";
import { changeBaseline, readBaseline } from "./_baseline_file.ts";
import { LoopBaselineError } from "./errors.ts";
import { type Badness, badnessOf, type Limits } from "./_judge_run.ts";
import type { Rules, TestRun } from "./_run.ts";
import type { BaselineMode } from "./types.ts";

const NO_LIMITS: Limits = {
  budgetMs: Infinity,
  syncCalls: new Proxy({}, { get: () => Infinity }),
};
const FLAG = "--loop-baseline=";
const MODES: readonly BaselineMode[] = ["check", "update", "init"];

/**
 * What the arguments behind `deno test … --` say.
 *
 * @throws {TypeError} It is no mode.
 */
export function modeIn(args: readonly string[]): BaselineMode {
  const found = args.findLast((arg) => arg.startsWith(FLAG));
  if (found === undefined) return "check";
  const value = found.slice(FLAG.length);
  const mode = MODES.find((one) => one === value);
  if (mode === undefined) {
    throw new TypeError(
      `Cannot read "${found}": "${value}" is none of ${MODES.join(", ")}`,
    );
  }
  return mode;
}

interface Seen {
  rules: Rules;
  /** The worst of its runs; null where one failed, and did not do all it does. */
  badness: Badness | null;
}

/** One baseline, as far as one test file is concerned. */
interface Page {
  path: string;
  baseline: Baseline;
  /** Keys of the file's tests; null when not all names are known. */
  registered: Set<string> | null;
  seen: Map<string, Seen>;
}

/** The baselines of a test file's tests. */
export class BaselineBook {
  readonly #file: string;
  readonly #pages = new Map<string, Page>();
  mode: BaselineMode;

  /** @param file URL of the test file. */
  constructor(file: string, mode: BaselineMode) {
    this.#file = file;
    this.mode = mode;
  }

  /**
   * Says that there is a test.
   *
   * @param name Null where it is known only when the test runs.
   */
  register(name: string | null, { baseline }: Rules): void {
    if (baseline === null) return;
    const path = pathOf(baseline);
    let page = this.#pages.get(path);
    if (page === undefined) {
      page = { path, baseline: {}, registered: new Set(), seen: new Map() };
      this.#pages.set(path, page);
    }
    if (name === null) page.registered = null;
    else page.registered?.add(this.#keyOf(name, path));
  }

  /** Reads them. Not from within a test, which may not be permitted to. */
  async load(): Promise<void> {
    for (const page of this.#pages.values()) {
      page.baseline = await readBaseline(page.path) ?? {};
    }
  }

  /**
   * Notes how bad a run was.
   *
   * @param passed Whether the test has done all that it does.
   * @returns How bad it may be.
   */
  judge(run: TestRun, passed: boolean): Limits {
    const { rules, name } = run;
    const page = rules.baseline === null
      ? undefined
      : this.#pages.get(pathOf(rules.baseline));
    if (page === undefined) return limitsOf(undefined, rules);
    const key = this.#keyOf(name, page.path);
    const before = page.seen.get(key);
    const badness = passed && before?.badness !== null
      ? worst(before?.badness, badnessOf(run))
      : null;
    page.seen.set(key, { rules, badness });
    const entry = entryOf(page.baseline, key);
    return this.mode === "init" && entry === undefined
      ? NO_LIMITS
      : limitsOf(entry, rules);
  }

  /**
   * When all tests have run: writes what has changed, or tells of it.
   *
   * @throws {LoopBaselineError} A baseline records more than its tests need.
   */
  async settle(): Promise<void> {
    for (const page of this.#pages.values()) {
      const lowered = await this.#loweredIn(page);
      if (this.mode === "check") {
        if (lowered.size > 0) throw mustShrink(page, lowered);
        continue;
      }
      const added = this.mode === "init" ? addedIn(page) : undefined;
      if (lowered.size === 0 && (added?.size ?? 0) === 0) continue;
      await changeBaseline(
        page.path,
        (now) => applyChanges(now ?? {}, lowered, added),
      );
    }
  }

  async #loweredIn(page: Page): Promise<BaselineChanges> {
    const lowered = new Map<string, BaselineEntry | null>();
    for (const [key, { rules, badness }] of page.seen) {
      const entry = entryOf(page.baseline, key);
      if (entry === undefined || badness === null) continue;
      const rest = shrink(entry, badness, rules);
      if (!same(rest, entry)) lowered.set(key, rest);
    }
    for (const key of Object.keys(page.baseline)) {
      if (await this.#isGone(key, page)) lowered.set(key, null);
    }
    return lowered;
  }

  /** Whether an entry is of a test, or a file, that is there no more. */
  async #isGone(key: string, { path, registered }: Page): Promise<boolean> {
    const own = this.#keyOf("", path);
    if (key.startsWith(own)) {
      return registered !== null && !registered.has(key);
    }
    const file = key.split(" > ", 1)[0]!;
    try {
      await Deno.stat(resolve(dirname(path), file));
      return false;
    } catch (error) {
      return error instanceof Deno.errors.NotFound;
    }
  }

  #keyOf(name: string, path: string): string {
    if (!this.#file.startsWith("file:")) return `${this.#file} > ${name}`;
    const file = relative(dirname(path), fileURLToPath(this.#file));
    return `${file.split(sep).join("/")} > ${name}`;
  }
}

/** Names like `constructor` are no entries. */
function entryOf(baseline: Baseline, key: string): BaselineEntry | undefined {
  return Object.hasOwn(baseline, key) ? baseline[key] : undefined;
}

function addedIn({ baseline, seen }: Page): Map<string, BaselineEntry> {
  const added = new Map<string, BaselineEntry>();
  for (const [key, { rules, badness }] of seen) {
    if (badness === null || Object.hasOwn(baseline, key)) continue;
    const entry = entryFor(badness, rules);
    if (entry !== null) added.set(key, entry);
  }
  return added;
}

function worst(a: Badness | undefined, b: Badness): Badness {
  if (a === undefined) return b;
  const syncCalls = { ...a.syncCalls };
  for (const [api, count] of Object.entries(b.syncCalls)) {
    syncCalls[api] = Math.max(syncCalls[api] ?? 0, count);
  }
  return { longestMs: Math.max(a.longestMs, b.longestMs), syncCalls };
}

function mustShrink(
  { path, baseline }: Page,
  lowered: BaselineChanges,
): LoopBaselineError {
  const lines = [...lowered].map(([key, entry]) =>
    entry === null
      ? `  "${key}": not needed any more`
      : `  "${key}": ${JSON.stringify(baseline[key])} is now ${
        JSON.stringify(entry)
      }`
  );
  return new LoopBaselineError(
    [
      `Loop baseline "${path}" must shrink, for tests have become better:`,
      ...lines,
      `Run the tests again with -- ${FLAG}update`,
    ].join("\n"),
  );
}

function pathOf(baseline: string | URL): string {
  return typeof baseline === "string" && !baseline.startsWith("file:")
    ? resolve(baseline)
    : fileURLToPath(baseline);
}
