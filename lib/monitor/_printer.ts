/** So many bytes wait for a reader of stderr; what comes then is dropped and counted. */
const LONGEST_QUEUE = 64 * 1024;

/** A reader that takes longer is not waited for. Milliseconds. */
const LONGEST_FLUSH_MS = 500;

/** Writes text that is not important enough to wait for. */
export interface Printer {
  /** Takes lines; never waits. */
  print(text: string): void;
  /** Resolves when what was taken is written, or nobody has read it for a while. */
  flushed(): Promise<void>;
}

/**
 * Makes a printer that writes one text after the other, off the loop:
 * `console.warn` into a pipe that nobody reads holds the loop for as long as
 * nobody does.
 *
 * @param write Writes bytes and says how many.
 */
export function createPrinter(
  write: (bytes: Uint8Array) => Promise<number>,
): Printer {
  const encoder = new TextEncoder();
  let queued = 0;
  let dropped = 0;
  let last: Promise<void> = Promise.resolve();
  const writeAll = async (bytes: Uint8Array) => {
    try {
      for (let at = 0; at < bytes.length;) {
        at += await write(bytes.subarray(at));
      }
    } catch {
      // Nobody reads any more.
    } finally {
      queued -= bytes.length;
    }
  };
  return {
    print(text) {
      const note = dropped === 0
        ? ""
        : `(${dropped} reports were dropped: nobody read them)\n`;
      const bytes = encoder.encode(`${note}${text}\n`);
      if (queued > 0 && queued + bytes.length > LONGEST_QUEUE) {
        dropped++;
        return;
      }
      dropped = 0;
      queued += bytes.length;
      last = last.then(() => writeAll(bytes));
    },
    async flushed() {
      if (queued === 0) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, LONGEST_FLUSH_MS);
      });
      await Promise.race([last, patience]);
      clearTimeout(timer);
    },
  };
}

let toStderr: Printer | undefined;

/** The printer to this process's stderr. */
export function stderrPrinter(): Printer {
  return toStderr ??= createPrinter((bytes) => Deno.stderr.write(bytes));
}
