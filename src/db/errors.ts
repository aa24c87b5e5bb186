/** Another process or isolate has the data folder open. */
export class DataDirLockedError extends Error {
  override readonly name = "DataDirLockedError";
  /** The folder that was asked for. */
  readonly dataDir: string;
  /** Process that holds it, as it wrote itself into the lock file. */
  readonly pid: number | undefined;

  constructor(dataDir: string, pid: number | undefined) {
    super(
      `Cannot open data folder "${dataDir}": ${
        pid === undefined ? "another process" : `process ${pid}`
      } has it open. The embedded database takes one process and one isolate: stop the other, set another DATA_DIR, or set DATABASE_URL to share a PostgreSQL server`,
    );
    this.dataDir = dataDir;
    this.pid = pid;
  }
}

/** The data folder was written by another major version of PostgreSQL. */
export class DataDirVersionError extends Error {
  override readonly name = "DataDirVersionError";

  constructor(folder: string, versions: { found: string; expected: string }) {
    super(
      `Cannot open database folder "${folder}": it was written by PostgreSQL ${versions.found}, this program embeds PostgreSQL ${versions.expected}. Move the folder away and load the sources again, or run the version of the program that wrote it`,
    );
  }
}

/**
 * The embedded database's thread ended while a call was under way; whether a
 * statement took effect is not known. The engine starts another thread.
 */
export class EngineEndedError extends Error {
  override readonly name = "EngineEndedError";
}

/** A transaction held the embedded database for too long and was undone. */
export class TransactionExpiredError extends Error {
  override readonly name = "TransactionExpiredError";
}

/** An error as it crosses threads when it is not the database's own. */
export interface PlainError {
  name: string;
  message: string;
}

/** Takes an error apart for `postMessage`. */
export function toPlainError(error: unknown): PlainError {
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: "Error", message: String(error) };
}

/** Puts an error together on the other side. */
export function fromPlainError(plain: PlainError): Error {
  if (plain.name === "EngineEndedError") {
    return new EngineEndedError(plain.message);
  }
  if (plain.name === "TransactionExpiredError") {
    return new TransactionExpiredError(plain.message);
  }
  const error = new Error(plain.message);
  error.name = plain.name;
  return error;
}
