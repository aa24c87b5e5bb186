import type { Clock } from "./clock.ts";

/** Lets all promise callbacks run that can. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}

/** A clock that stands still until it is told. */
export class TestClock implements Clock {
  #now = 1_000;
  readonly #timers = new Map<object, { at: number; run: () => void }>();

  now(): number {
    return this.#now;
  }

  /** Timers that will fire. */
  get timers(): number {
    return this.#timers.size;
  }

  after(ms: number, run: () => void): Disposable {
    const timer = { [Symbol.dispose]: () => void this.#timers.delete(timer) };
    const fire = () => {
      this.#timers.delete(timer);
      run();
    };
    this.#timers.set(timer, { at: this.#now + ms, run: fire });
    return timer;
  }

  every(ms: number, run: () => void): Disposable {
    let timer: Disposable;
    const again = () => {
      timer = this.after(ms, () => {
        again();
        run();
      });
    };
    again();
    return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
  }

  /** Moves on; timers fire at their time, each with what follows from it. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    while (true) {
      const [next] = [...this.#timers.values()].sort((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settled();
    }
    this.#now = end;
  }
}
