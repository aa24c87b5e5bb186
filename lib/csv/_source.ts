/** What {@linkcode openBytes} reads from. */
export type ByteSource =
  | string
  | URL
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** Bytes asked of the file system at once. */
const READ_BYTES = 128 * 1024;

/**
 * The chunks of a source. An abort ends a read that is waiting, and whatever
 * happens the source is closed.
 */
export function readSource(
  source: ByteSource,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  if (typeof source === "string" || source instanceof URL) {
    return readFile(source, signal);
  }
  return source instanceof ReadableStream
    ? readStream(source, signal)
    : readIterable(source, signal);
}

async function* readFile(
  path: string | URL,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  signal.throwIfAborted();
  using file = await Deno.open(path);
  for (;;) {
    // A new buffer each time: chunks are handed on, not lent.
    const buffer = new Uint8Array(READ_BYTES);
    const count = await file.read(buffer);
    signal.throwIfAborted();
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}

async function* readStream(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const reader = stream.getReader();
  // A cancelled read is told as done.
  const cancel = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
    reader.releaseLock();
  }
}

async function* readIterable(
  iterable: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const iterator = iterable[Symbol.asyncIterator]();
  let interrupt: ((reason: unknown) => void) | undefined;
  const abort = () => interrupt?.(signal.reason);
  signal.addEventListener("abort", abort);
  // Not `Promise.race` with one promise for all: that one would keep every
  // race, and with it every chunk, until the end.
  const unlessAborted = <T>(promise: Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      interrupt = reject;
      promise.then(resolve, reject);
    });
  let ended = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      const step = iterator.next();
      const result = await unlessAborted(step).catch(
        (error) => {
          // Whoever is left waiting must not make it an unhandled rejection.
          Promise.resolve(step).catch(() => {});
          ended = !signal.aborted;
          throw error;
        },
      );
      if (result.done) {
        ended = true;
        return;
      }
      yield result.value;
    }
  } finally {
    signal.removeEventListener("abort", abort);
    // A generator that hangs in `next` would never answer `return`: an
    // aborted one is told to end but not waited for.
    const closing = ended ? undefined : iterator.return?.();
    if (signal.aborted) Promise.resolve(closing).catch(() => {});
    else await closing;
  }
}
