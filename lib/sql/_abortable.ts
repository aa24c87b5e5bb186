/**
 * Settles as the promise does, or rejects with the signal's reason as soon as
 * it is aborted. `late` is given what the promise brings after that.
 */
export async function abortable<T>(
  promise: Promise<T>,
  options: {
    signal: AbortSignal | undefined;
    late?: (value: T) => unknown;
  },
): Promise<T> {
  const { signal, late } = options;
  if (signal === undefined) return await promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([aborted, promise]);
  } catch (error) {
    if (signal.aborted) {
      promise.then((value) => late?.(value)).catch(() => {});
    }
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Waits, in milliseconds; rejects with the signal's reason when aborted. */
export async function abortableDelay(
  ms: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await abortable(elapsed, { signal });
  } finally {
    clearTimeout(timer);
  }
}

/** The same items; an abort ends the wait for the next one. */
export async function* abortableItems<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void> {
  const iterator = items[Symbol.asyncIterator]();
  let done = false;
  try {
    while (true) {
      signal?.throwIfAborted();
      const next = await abortable(iterator.next(), { signal });
      if (next.done) {
        done = true;
        return;
      }
      yield next.value;
    }
  } catch (error) {
    // What the source itself threw has ended it already; returning then is
    // harmless. Not awaited: it may still wait for its own input.
    done = true;
    Promise.resolve(iterator.return?.()).catch(() => {});
    throw error;
  } finally {
    if (!done) await iterator.return?.();
  }
}
