import { closeSync, openSync, readSync } from "node:fs";
import { isGranted } from "./_permissions.ts";

const FILE = "/proc/thread-self/schedstat";
const SPACE = 32;
const ZERO = 48;

/** How long the thread was ready to run and did not get a core. */
export interface RunDelay {
  /** Milliseconds since the thread began. */
  read(): number;
  close(): void;
}

/** Of `12 345 6`: 345. */
function secondNumber(bytes: Uint8Array, length: number): number {
  let number = 0;
  for (let i = bytes.indexOf(SPACE) + 1; i < length; i++) {
    const byte = bytes[i]!;
    if (byte === SPACE) return number;
    number = 10 * number + byte - ZERO;
  }
  return NaN;
}

/**
 * Opens the kernel's count of the time for which the calling thread waited
 * for a core (`run_delay`, Linux). It is exact where CPU time comes in steps
 * of 10 ms: beside three busy threads on two cores, loops of 9 ms took 23 to
 * 440 ms of wall time, and 7 to 20 ms without that delay.
 *
 * Reading takes 5 to 12 µs: memory of the kernel, no disk.
 *
 * @returns Null where the host does not tell or may not be asked.
 */
export function openRunDelay(): RunDelay | null {
  // Opening must not ask at a terminal.
  if (!isGranted({ name: "read", path: FILE })) return null;
  let file: number;
  try {
    file = openSync(FILE, "r");
  } catch {
    return null;
  }
  const bytes = new Uint8Array(96);
  let isOpen = true;
  let last = 0;
  const read = () => {
    // What the monitor had begun may end after it was stopped; by then the
    // number may be another file's.
    if (!isOpen) return last;
    // loophound-allow node:fs.readSync: the kernel's memory, 5 µs
    const length = readSync(file, bytes, 0, bytes.length, 0);
    return last = secondNumber(bytes, length) / 1e6;
  };
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    closeSync(file);
  };
  if (!(read() >= 0)) {
    close();
    return null;
  }
  return { read, close };
}
