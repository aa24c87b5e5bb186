import { List } from "./_list.ts";
import { holdsAround, isDeadlocked } from "./_nesting.ts";
import type { LongWaitReport } from "./types.ts";
import type { Waiter, WaitWatch } from "./_waiter.ts";
import {
  heldBy,
  heldByText,
  labelOf,
  listed,
  seconds,
  waitsFor,
} from "./_words.ts";

/** Reports of one limit and key at one look: 100,000 waiters are one problem. */
const reportsEach = 5;

/** Everyone who waits for a registry's limits; finds those who wait long. */
export class LongWaits implements WaitWatch {
  readonly #longWaitMs: number;
  /**
   * Who has been reported how many times, each list in the order they came:
   * only the heads of the lists can be due.
   */
  readonly #levels: List<Waiter>[] = [];

  constructor(longWaitMs: number) {
    this.#longWaitMs = longWaitMs;
  }

  enter(waiter: Waiter): void {
    this.#put(waiter, 0);
  }

  leave(waiter: Waiter): void {
    const { node, level } = waiter.watched!;
    this.#levels[level]!.remove(node);
  }

  /** Answers whose time has come: once, then at doubled waits. */
  look(now: number): LongWaitReport[] {
    const reports: LongWaitReport[] = [];
    const counts = new Map<string, number>();
    for (let level = this.#levels.length - 1; level >= 0; level--) {
      const list = this.#levels[level]!;
      let waiter = list.first?.value;
      while (waiter !== undefined && this.#due(waiter, level, now)) {
        this.leave(waiter);
        let next = level + 1;
        while (this.#due(waiter, next, now)) next++;
        this.#put(waiter, next);
        const label = labelOf(waiter);
        const count = counts.get(label) ?? 0;
        counts.set(label, count + 1);
        if (count < reportsEach) reports.push(reportOf(waiter, now));
        waiter = list.first?.value;
      }
    }
    return reports;
  }

  #due({ since }: Waiter, level: number, now: number): boolean {
    return now - since >= this.#longWaitMs * 2 ** level;
  }

  #put(waiter: Waiter, level: number): void {
    while (this.#levels.length <= level) this.#levels.push(new List());
    waiter.watched = { node: this.#levels[level]!.push(waiter), level };
  }
}

function reportOf(waiter: Waiter, now: number): LongWaitReport {
  const holds = [...waiter.limit.inTheWayOf(waiter)];
  const deadlock = isDeadlocked(waiter);
  const waited = now - waiter.since;
  const others = waiter.limit.waitingWith(waiter) - 1;
  const named = heldBy(holds, now);
  return {
    message: [
      `Waited ${seconds(waited)} for ${labelOf(waiter)}`,
      ` (${waiter.limit.stateFor(waiter)})`,
      heldByText(holds, now),
      others === 0 ? "" : `; ${others} more ${others === 1 ? "waits" : "wait"}`,
      deadlock ? ". They wait for each other: no one will go on" : "",
    ].join(""),
    limit: waiter.limit.name,
    key: waiter.key,
    waiter: waiter.holder,
    waited_ms: Math.round(waited),
    holding: [
      ...new Set(
        holdsAround(waiter).map(({ owner, key }) =>
          labelOf({ limit: owner, key })
        ),
      ),
    ],
    held_by: holds.slice(0, listed).map((hold, at) => ({
      ...named[at]!,
      waits_for: waitsFor(hold),
    })),
    others,
    deadlock,
  };
}
