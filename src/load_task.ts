// CONTRACT STUB — the maintainer of this file replaces the body.
import type { RejectionLog } from "@loophound/toolkit/csv";
import type { Task } from "@loophound/toolkit/offload";
import type { Publication, SqlStatement } from "@loophound/toolkit/sql";
import type { LoadTaskInput } from "./load_input.ts";
import type { LoadCounts } from "./load_report.ts";

/** What the thread of a load answers. */
export interface LoadTaskOutput extends LoadCounts {
  /** SHA-256 of the input, hexadecimal. */
  sha256: string;
  /** CPU seconds of the thread. */
  cpu_s: number;
}

/** A task that loads a source in a thread. Made by `defineLoadTask`. */
export type LoadTask<Fields> = Task<LoadTaskInput<Fields>, LoadTaskOutput>;

/** What a source's load function works with, in its thread. */
export interface LoadRun<Fields> {
  readonly input: LoadTaskInput<Fields>;
  readonly signal: AbortSignal;
  /** All that the load changes; the caller commits it. */
  readonly publication: Publication;
  /** Where refused rows are told. */
  readonly rejections: RejectionLog;
  /**
   * The bytes of the file, decompressed if it is gzip, with progress told and
   * the limit on what it may grow to enforced.
   *
   * @throws {InputError} The gzip is broken or grows over the limit.
   */
  open(): AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Says what the load is doing now. */
  doing(what: string): void;
}

/** What a source's load function answers. */
export interface LoadResult {
  /** What of the source this file is: `tpm`, a provider's name, or "". */
  part: string;
  counts: Omit<LoadCounts, "bytes" | "reasons" | "rejected">;
  /** Kept with the source's state and shown at `/api/sources`. */
  meta?: Record<string, unknown>;
  /** Run in the turn that makes the load visible. */
  statements?: readonly SqlStatement[];
}

export interface LoadTaskOptions<Fields> {
  name: string;
  /** `import.meta.url` of the module that defines the task. */
  module: string;
  /**
   * Raise it when the same bytes must give other rows than before: files
   * loaded by an older version are then loaded again.
   */
  version: number;
  load: (run: LoadRun<Fields>) => Promise<LoadResult>;
}

export declare function defineLoadTask<Fields>(
  options: LoadTaskOptions<Fields>,
): LoadTask<Fields>;
