/**
 * Rows of one batch: about what an embedded engine takes between two lookups
 * without being noticed.
 */
export const BATCH_ROWS = 2000;

/**
 * The longest name that may be a key, bytes of UTF-8. Real symbols have up to
 * 20; an index of PostgreSQL takes about 2,700 for all of its columns.
 */
export const NAME_BYTES = 200;
/** The longest description, bytes of UTF-8, where it is part of a key. */
export const TEXT_BYTES = 1000;
