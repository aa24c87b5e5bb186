import process from "node:process";
import { openRunDelay, type RunDelay } from "./_run_delay.ts";
import { openStealClock, type StealClock } from "./_steal_clock.ts";

interface CpuUsage {
  user: number;
  system: number;
}

const SAMPLES = 4096;
/** By so much a tick may be late without anybody taking note. */
const JITTER_MS = 1;
/** Some kernels count CPU time in ticks of so many milliseconds. */
const COARSE_MS = 10;
/** What was stolen is read so often, and after a late tick. It takes 30 µs. */
const STEAL_EVERY_MS = 100;
const STEAL_EVERY_LATE_MS = 10;

/** CPU milliseconds of the calling thread, where the host tells. */
function threadCpuMs(): (() => number) | null {
  const { threadCpuUsage } = process as unknown as {
    threadCpuUsage?: () => CpuUsage;
  };
  if (typeof threadCpuUsage !== "function") return null;
  const read = () => {
    const usage = threadCpuUsage.call(process);
    return (usage.user + usage.system) / 1000;
  };
  try {
    read();
  } catch {
    return null;
  }
  return read;
}

/** What the monitor asks about CPU time. */
export interface CpuTime {
  /** Whether it is the thread's and not the whole process's. */
  readonly exact: boolean;
  /** The newest sample. */
  readonly value: number;
  /** @param late The tick that takes it came late. */
  sample(now: number, late: boolean): void;
  /**
   * CPU milliseconds that the thread used in the last `ms` milliseconds, and
   * by how much that may be too high.
   */
  inLast(ms: number, now: number): { used: number; doubt: number };
  /** CPU milliseconds between two times, else null. */
  between(from: number, to: number): number | null;
  /**
   * Milliseconds between two times for which the thread surely was ready and
   * had no core; 0 where the host does not tell.
   *
   * @param lagBetween Tells for how long ticks were late between two times.
   */
  delayBetween(
    from: number,
    to: number,
    lagBetween: (from: number, to: number) => number,
  ): number;
  /**
   * Milliseconds between two times for which a hypervisor may have run
   * something else on the thread's core: no more than that, maybe less. 0 where
   * the host does not tell.
   */
  stolenBetween(from: number, to: number): number;
  /** The newest sample of {@linkcode delayBetween}'s time since the thread's start. */
  readonly delay: number;
  close(): void;
}

/**
 * The CPU time of the loop's thread, sampled now and then.
 *
 * Where the host does not tell (Deno before 2.9), it falls back to the CPU
 * time of the process, which is never less: then a gap in which another
 * thread computed is not told from one in which the loop did.
 */
export class CpuClock implements CpuTime {
  readonly exact: boolean;
  readonly #read: () => number;
  readonly #times = new Float64Array(SAMPLES);
  readonly #values = new Float64Array(SAMPLES);
  readonly #delays = new Float64Array(SAMPLES);
  readonly #runDelay: RunDelay | null;
  readonly #steal: StealClock | null;
  #count = 0;
  #coarse = true;
  /** Time and value of the newest sample. */
  time: number;
  value: number;
  delay = 0;

  constructor(now: number) {
    const read = threadCpuMs();
    this.exact = read !== null;
    this.#read = read ?? (() => {
      const usage = process.cpuUsage();
      return (usage.user + usage.system) / 1000;
    });
    this.#runDelay = openRunDelay();
    this.#steal = openStealClock();
    this.time = now;
    this.value = this.#read();
    this.#store();
  }

  #store(): void {
    const slot = this.#count++ % SAMPLES;
    this.#times[slot] = this.time;
    this.#values[slot] = this.value;
    this.delay = this.#runDelay?.read() ?? 0;
    this.#delays[slot] = this.delay;
  }

  sample(now: number, late: boolean): void {
    const steal = this.#steal;
    const every = late ? STEAL_EVERY_LATE_MS : STEAL_EVERY_MS;
    if (steal !== null && now - steal.time >= every) steal.sample(now);
    this.time = now;
    this.value = this.#read();
    if (this.#coarse && this.value % COARSE_MS !== 0) this.#coarse = false;
    this.#store();
  }

  inLast(ms: number, now: number): { used: number; doubt: number } {
    // A tick of the kernel's count, or what was used between the newest sample
    // and the beginning of that time.
    const doubt = this.#coarse ? COARSE_MS : Math.max(0, now - ms - this.time);
    return { used: this.#read() - this.value, doubt };
  }

  /** By the samples around the two times. */
  between(from: number, to: number): number | null {
    if (!this.exact) return null;
    const around = this.#around(this.#values, this.#read, from, to);
    return around === null ? null : around.amount;
  }

  delayBetween(
    from: number,
    to: number,
    lagBetween: (from: number, to: number) => number,
  ): number {
    const delay = this.#runDelay;
    if (delay === null) return 0;
    const around = this.#around(this.#delays, delay.read, from, to);
    if (around === null) return 0;
    const { amount, since, until } = around;
    // Of the time outside, what the ticks saw: a thread that waits for a core
    // makes them late.
    const outside = (a: number, b: number) =>
      Math.min(b - a, lagBetween(a, b) + JITTER_MS);
    const inside = amount - outside(since, from) - outside(to, until);
    return Math.max(0, Math.min(inside, to - from));
  }

  stolenBetween(from: number, to: number): number {
    return this.#steal?.between(from, to) ?? 0;
  }

  /** By how much a value grew between the samples around two times, and when these were. */
  #around(
    values: Float64Array,
    read: () => number,
    from: number,
    to: number,
  ): { amount: number; since: number; until: number } | null {
    const now = performance.now();
    let [end, endAt] = to > this.time
      ? [read(), now]
      : [values[(this.#count - 1) % SAMPLES]!, this.time];
    const kept = Math.min(this.#count, SAMPLES);
    for (let i = 1; i <= kept; i++) {
      const slot = (this.#count - i) % SAMPLES;
      const time = this.#times[slot]!;
      if (time >= to) [end, endAt] = [values[slot]!, time];
      if (time <= from) {
        return {
          amount: end - values[slot]!,
          since: time,
          until: Math.max(to, endAt),
        };
      }
    }
    return null;
  }

  close(): void {
    this.#runDelay?.close();
    this.#steal?.close();
  }
}
