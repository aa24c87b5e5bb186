/** Why rows were refused, counted by reason, with the first few of each. */
export interface RejectionReason {
  reason: string;
  count: number;
  /** The first ones, at most five a reason; `text` at most 200 characters. */
  examples: { line: number; column: number; text: string }[];
}

/** What a load's thread answers. The figures of the loop are added by the job. */
export interface LoadCounts {
  /** Bytes of the input as given (compressed, where it is). */
  bytes: number;
  /** Rows found by the checker: `accepted + rejected`. */
  rows: number;
  /** Rows the database took: `inserted + updated + unchanged + duplicates + unresolved`. */
  accepted: number;
  rejected: number;
  /** Rows that a later row of the same key replaced. */
  duplicates: number;
  inserted: number;
  updated: number;
  unchanged: number;
  /** Rows kept, whose symbol names no known gene yet. */
  unresolved: number;
  /** Rows of the version before that the new one lacks. */
  removed: number;
  reasons: RejectionReason[];
}

/** The report of a load: design.md §6. */
export interface LoadReport extends LoadCounts {
  /** SHA-256 of the input's bytes, hexadecimal. */
  sha256: string;
  dry_run: boolean;
  /** CPU seconds of the thread that loaded. */
  cpu_s: number;
  /** Highest resident set size of the process seen while loading, MB. */
  peak_rss_mb: number;
  /** What the load did to the loop, measured while it ran. */
  loop: { p999_ms: number; max_ms: number; blocks: number };
}
