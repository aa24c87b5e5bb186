/**
 * Rows ready for `COPY … (FORMAT csv)`: checked or made by us, so that COPY
 * takes exactly `rows` rows of them.
 */
export interface RowBatch {
  /** Whole COPY-CSV records, each ended by `\n`. */
  bytes: Uint8Array<ArrayBuffer>;
  /** How many records `bytes` holds. */
  rows: number;
}

/** Where and why one row was refused. */
export interface Rejection {
  /** 1-based line of the file in which the record starts. */
  line: number;
  /** 1-based column (in bytes) of the field at fault. */
  column: number;
  /** A short, stable phrase: rejections are counted by it. */
  reason: string;
  /** The start of the record, at most 200 characters. */
  text: string;
}

/** Rejections counted by reason, with the first few of each. */
export interface RejectionSummary {
  reason: string;
  count: number;
  examples: { line: number; column: number; text: string }[];
}

/** Collects rejections in bounded memory. */
export interface RejectionLog {
  /** How many rows were refused. */
  readonly count: number;
  add(rejection: Rejection): void;
  /** Most frequent reason first; at most 20 reasons, the rest as "other". */
  summary(): RejectionSummary[];
}
