/**
 * Rows of one batch: about what an embedded engine takes between two lookups
 * without being noticed.
 */
export const BATCH_ROWS = 2000;
/** About how long a batch of wide rows is, bytes, for the same reason. */
export const BATCH_BYTES = 128 * 1024;

/**
 * The longest name that may be a key, bytes of UTF-8. Real symbols have up to
 * 20; an index of PostgreSQL takes about 2,700 for all of its columns.
 */
export const NAME_BYTES = 200;
/** The longest description, bytes of UTF-8, where it is part of a key. */
export const TEXT_BYTES = 1000;

const encoder = new TextEncoder();

/** Whether a text has more bytes of UTF-8 than it may. */
export function isTooLong(text: string, maxBytes: number): boolean {
  // No character of UTF-16 takes more than three.
  return text.length * 3 > maxBytes &&
    encoder.encode(text).byteLength > maxBytes;
}
