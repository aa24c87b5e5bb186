/** A listener's mistake must not end a timer: it is thrown elsewhere. */
export function notify<T>(
  listener: ((value: T) => void) | undefined,
  value: T,
): void {
  try {
    listener?.(value);
  } catch (error) {
    queueMicrotask(() => reportError(error));
  }
}
