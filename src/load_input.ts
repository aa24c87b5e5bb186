import type { SqlStatement } from "@loophound/toolkit/sql";
import type { DatabaseAddress } from "./db/types.ts";

/** The file of a load: on disk, hashed, and readable from any thread. */
export interface LoadFile {
  path: string;
  /** What people call it: the path as given, or "upload". */
  name: string;
  /** Size on disk in bytes. */
  bytes: number;
  /** SHA-256 in hexadecimal; absent until a thread has hashed it. */
  sha256?: string;
}

/** What the thread of a load is given. */
export interface LoadTaskInput<Fields = Record<string, unknown>> {
  /** Id of the load: the job's id. */
  id: string;
  source: string;
  /** Absent for sources that read no file. */
  file?: LoadFile;
  /** The source's own fields, validated. */
  fields: Fields;
  dryRun: boolean;
  /** The rows are sample data. */
  sample: boolean;
  db: DatabaseAddress;
  /**
   * Run last in the commit; fails it when the job belongs to another attempt.
   *
   * @default {undefined} the load is no job
   */
  fence?: SqlStatement;
  /** A compressed file may grow to this, bytes. */
  maxExpandedBytes: number;
  /** A record may be this long, bytes. */
  maxRecordBytes: number;
}

/** Progress of a load as its thread posts it. */
export interface LoadProgress {
  /** Bytes of the file read so far (as on disk). */
  done: number;
  total: number;
  /** "hashing", "loading", "merging", … */
  doing: string;
}

/**
 * The input is at fault, not the server: the load fails for good, without
 * another attempt.
 */
export class InputError extends Error {
  override readonly name = "InputError";
  /** 1-based, where a line is known. */
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(
    message: string,
    at?: { line?: number | undefined; column?: number | undefined },
    options?: ErrorOptions,
  ) {
    super(
      at?.line === undefined
        ? message
        : `line ${at.line}${
          at.column === undefined ? "" : `, column ${at.column}`
        }: ${message}`,
      options,
    );
    this.line = at?.line;
    this.column = at?.column;
  }
}
