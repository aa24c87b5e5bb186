import { closeSync, openSync, readSync } from "node:fs";
import { isGranted } from "./_permissions.ts";

/** Lines `cpu0 …` with the time of each core in steps of 10 ms. */
const CORES = "/proc/stat";
/** Field 39 is the core that the thread ran on last. */
const THREAD = "/proc/thread-self/stat";
const CORE_FIELD = 39;
const COMMAND_FIELD = 2;
/** Of a line `cpu0 …`: the eighth number. */
const STEAL_FIELD = 9;

/** By so much a count of the kernel may be behind: one of its steps. */
export const STEAL_STEP_MS = 10;
/** Where a reading costs more, on machines of hundreds of cores, none is made. */
const DEAR_MS = 0.2;
const SAMPLES = 256;
const BYTES = 32_768;

const SPACE = 32;
const NEWLINE = 10;
const ZERO = 48;
const BRACKET = 41;
const LETTER_C = 99;

/** What is read; other texts in tests. */
export interface StealHost {
  /** Puts what the kernel says of the cores into the bytes; answers how many. */
  readCores(bytes: Uint8Array): number;
  /** The same of the thread. */
  readThread(bytes: Uint8Array): number;
  close(): void;
}

/** The number that begins at an index. */
function numberAt(bytes: Uint8Array, from: number, length: number): number {
  let number = 0;
  for (let i = from; i < length; i++) {
    const digit = bytes[i]! - ZERO;
    if (digit < 0 || digit > 9) break;
    number = 10 * number + digit;
  }
  return number;
}

/** Where a field begins, by its number from 1; `at` is where field `field` does. */
function fieldAt(
  bytes: Uint8Array,
  { at, field, wanted, length }: {
    at: number;
    field: number;
    wanted: number;
    length: number;
  },
): number {
  let index = at;
  for (let number = field; number < wanted && index < length; number++) {
    while (index < length && bytes[index] !== SPACE) index++;
    while (bytes[index] === SPACE) index++;
  }
  return index;
}

/** Milliseconds that were stolen from each core since the machine began. */
export function stolenFrom(bytes: Uint8Array, length: number): number[] {
  const stolen: number[] = [];
  // The first line is the sum of all.
  let line = bytes.indexOf(NEWLINE) + 1;
  while (line > 0 && line < length && bytes[line] === LETTER_C) {
    const at = fieldAt(bytes, {
      at: line,
      field: 1,
      wanted: STEAL_FIELD,
      length,
    });
    stolen.push(numberAt(bytes, at, length) * STEAL_STEP_MS);
    line = bytes.indexOf(NEWLINE, line) + 1;
  }
  return stolen;
}

/** The core that a thread ran on last. */
export function coreOf(bytes: Uint8Array, length: number): number {
  // The command may hold spaces and brackets.
  const at = bytes.subarray(0, length).lastIndexOf(BRACKET);
  return numberAt(
    bytes,
    fieldAt(bytes, { at, field: COMMAND_FIELD, wanted: CORE_FIELD, length }),
    length,
  );
}

interface Sample {
  time: number;
  core: number;
  stolen: number[];
}

/**
 * The time for which a hypervisor ran something else on the cores of this
 * machine (`steal`, Linux), sampled now and then.
 *
 * On a rented machine it is not rare: on one of two cores with busy neighbours
 * 13 % of all time was stolen, in pieces of up to 520 ms. The kernel charges
 * such a piece to the thread that was running, as CPU time, or to nobody;
 * `run_delay` does not tell of it.
 */
export class StealClock {
  readonly #host: StealHost;
  readonly #bytes = new Uint8Array(BYTES);
  readonly #samples: Sample[] = [];

  /** @param host Another one in tests. */
  constructor(host: StealHost, now: number) {
    this.#host = host;
    this.sample(now);
  }

  /** When the newest sample was taken. */
  get time(): number {
    return this.#samples.at(-1)!.time;
  }

  sample(now: number): void {
    const stolen = stolenFrom(this.#bytes, this.#host.readCores(this.#bytes));
    const core = coreOf(this.#bytes, this.#host.readThread(this.#bytes));
    if (this.#samples.length >= SAMPLES) this.#samples.shift();
    this.#samples.push({ time: now, core, stolen });
  }

  /**
   * Milliseconds between two times that may have been stolen: what was stolen
   * from the core of the thread between the samples around them, and no more
   * than there is between the two. The kernel's steps make it uncertain by
   * {@linkcode STEAL_STEP_MS}. 0 where nothing was stolen.
   */
  between(from: number, to: number): number {
    const before = this.#samples.findLast(({ time }) => time <= from);
    if (before === undefined) return 0;
    if (this.time < to) this.sample(performance.now());
    const after = this.#samples.find(({ time }) => time >= to);
    if (after === undefined) return 0;
    const lost = (core: number) =>
      (after.stolen[core] ?? 0) - (before.stolen[core] ?? 0);
    // The thread may go to another core when it runs again.
    const stolen = Math.max(lost(before.core), lost(after.core));
    return stolen <= 0 ? 0 : Math.min(stolen + STEAL_STEP_MS, to - from);
  }

  close(): void {
    this.#host.close();
  }
}

function procHost(): StealHost | null {
  for (const path of [CORES, THREAD]) {
    // Opening must not ask at a terminal.
    if (!isGranted({ name: "read", path })) return null;
  }
  const files: number[] = [];
  let isOpen = true;
  const close = () => {
    isOpen = false;
    for (const file of files.splice(0)) closeSync(file);
  };
  const read = (file: number, bytes: Uint8Array) =>
    // What the monitor had begun may end after it was stopped.
    // loophound-allow node:fs.readSync: the kernel's memory, 10 µs
    isOpen ? readSync(file, bytes, 0, bytes.length, 0) : 0;
  try {
    const cores = openSync(CORES, "r");
    files.push(cores);
    const thread = openSync(THREAD, "r");
    files.push(thread);
    return {
      readCores: (bytes) => read(cores, bytes),
      readThread: (bytes) => read(thread, bytes),
      close,
    };
  } catch {
    close();
    return null;
  }
}

/**
 * Opens the clock.
 *
 * @returns Null where the host does not tell, may not be asked, or takes too
 * long to say.
 */
export function openStealClock(): StealClock | null {
  const host = procHost();
  if (host === null) return null;
  let clock: StealClock;
  let cheapest = Infinity;
  try {
    clock = new StealClock(host, performance.now());
    for (let i = 0; i < 3; i++) {
      const start = performance.now();
      clock.sample(start);
      cheapest = Math.min(cheapest, performance.now() - start);
    }
  } catch {
    host.close();
    return null;
  }
  if (cheapest <= DEAR_MS) return clock;
  clock.close();
  return null;
}
