/**
 * Waits for `promise`, but not for ever.
 *
 * @returns Whether it settled within `ms` milliseconds.
 */
export async function within(
  promise: Promise<unknown>,
  ms: number,
): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(resolve, ms, false);
  const settled = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return settled;
}
