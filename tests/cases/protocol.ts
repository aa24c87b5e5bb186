/** What the process that runs cases and who drives it tell each other. */

/** Before each line of the host: what else comes is a detector's. */
export const MARK = "host ";

/** A report of any detector, in one shape. */
export interface Found {
  /** Null: outside any handler, or the detector knows of no routes. */
  route: string | null;
  function: string | null;
  /** Path or URL; null where the detector gives no position. */
  file: string | null;
  line: number | null;
  cause: string | null;
  /** For how long the loop was held, as the detector has it. */
  ms: number | null;
  /** When the report came. Milliseconds since the epoch. */
  at: number;
}

/** A gap between two turns of the loop. Milliseconds since the epoch. */
export interface Stall {
  from: number;
  to: number;
}

/** A line to the host; it answers each with one line. */
export type Question =
  /** Makes what the case needs and forgets what was reported meanwhile. */
  | { do: "prepare"; case: string }
  /** Calls the case's `start`. */
  | { do: "start"; case: string }
  /** What was reported since `prepare`; waits until the loop is quiet. */
  | { do: "take"; expectStall: boolean };

export interface Answer {
  reports: Found[];
  stalls: Stall[];
}

/** The first line of the host. */
export interface Ready {
  where: string;
  /** Cases that it has. */
  cases: string[];
}
