import type { BlockReport } from "@loophound/toolkit/monitor";
import type { SyncCallReport } from "@loophound/toolkit/guard";
import type { Rules, TestRun } from "./_run.ts";

/**
 * Sorts what monitor and guard report by the test that it belongs to, outside
 * of the tests' own flow of control: nothing that a test swallows is lost.
 *
 * What bears a test's label belongs to it, even when it happens after its end:
 * a later test is not blamed. What bears none (a block in a timer's callback)
 * belongs to the test that is running.
 */
export class Collector {
  readonly #runs = new Map<string, TestRun>();
  readonly #late = new Map<string, TestRun>();
  #running: TestRun | null = null;

  /** Begins a run. Tests of a file run one after the other. */
  open(name: string, rules: Rules): TestRun {
    let label = name;
    for (let n = 2; this.#runs.has(label); n++) label = `${name} (run ${n})`;
    const run: TestRun = emptyRun(label, name, rules);
    this.#runs.set(label, run);
    this.#running = run;
    return run;
  }

  /** Ends a run: from now on what bears its label is late. */
  close(run: TestRun): void {
    if (this.#running === run) this.#running = null;
  }

  addBlock(report: BlockReport): void {
    this.#runOf(report.route)?.blocks.push(report);
  }

  addCall(report: SyncCallReport): void {
    const run = this.#runOf(report.route);
    if (run === null) return;
    const { api, culprit } = report;
    const key = `${api} ${culprit?.file}:${culprit?.line}:${culprit?.column}`;
    const known = run.calls.get(key);
    if (known === undefined) {
      run.calls.set(key, { report, count: 1, longestMs: report.duration_ms });
      return;
    }
    known.count++;
    known.longestMs = Math.max(known.longestMs ?? 0, report.duration_ms ?? 0);
  }

  /** What tests did after they had been judged. Empties the list. */
  takeLate(): TestRun[] {
    const late = [...this.#late.values()];
    this.#late.clear();
    return late;
  }

  #runOf(label: string | null): TestRun | null {
    const run = label === null ? this.#running : this.#runs.get(label) ?? null;
    if (run === null || run === this.#running) return run;
    let late = this.#late.get(run.label);
    if (late === undefined) {
      late = emptyRun(run.label, run.name, run.rules);
      this.#late.set(run.label, late);
    }
    return late;
  }
}

function emptyRun(label: string, name: string, rules: Rules): TestRun {
  return {
    label,
    name,
    rules,
    longestMs: 0,
    blocks: [],
    calls: new Map(),
    unexamined: new Map(),
  };
}
