import pg from "pg";

/** No connection to the server, or it broke before anything was answered. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
  /** SQLSTATE or that of the system, like ECONNREFUSED. */
  readonly code: string | null;

  constructor(cause: { message: string; code: string | null }) {
    super(`Cannot reach the database for a heavy query: ${cause.message}`);
    this.code = cause.code;
  }
}

/**
 * What a replica has against a query because it is one: replaying the log
 * removed rows or locked tables that the query needs. In a transaction that
 * only reads nothing else fails so.
 */
const conflicts = new Set(["40001", "40P01"]);
/** The server is stopping, starting, or crashing; a database was dropped. */
const leaving = new Set(["57P01", "57P02", "57P03", "57P04", "57P05"]);

/**
 * Whether a query that failed on a replica is to be asked again on the
 * primary: its server is at fault, or the query was in the way there.
 */
export function blamesReplica(
  error: unknown,
): "server" | "conflict" | "nobody" {
  if (error instanceof UnreachableError) return "server";
  if (!(error instanceof pg.DatabaseError)) return "nobody";
  const { code = "" } = error;
  if (conflicts.has(code)) return "conflict";
  return leaving.has(code) || code.startsWith("08") ? "server" : "nobody";
}
