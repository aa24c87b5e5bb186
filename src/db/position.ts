const pattern = /^([0-9a-f]{1,8})\/([0-9a-f]{1,8})$/i;

/**
 * Reads a position in a server's log (`pg_lsn`), like `0/16B3748`: whatever
 * was committed before it was taken lies before it.
 *
 * @returns The position as a number; undefined: it is none.
 */
export function parsePosition(text: string): bigint | undefined {
  const [, high, low] = pattern.exec(text) ?? [];
  if (high === undefined || low === undefined) return undefined;
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}
