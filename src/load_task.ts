import { createRejectionLog, type RejectionLog } from "@loophound/toolkit/csv";
import { openBytes } from "@loophound/toolkit/csv";
import {
  defineTask,
  type Task,
  type TaskContext,
} from "@loophound/toolkit/offload";
import {
  beginPublication,
  type Publication,
  type SqlConnection,
  type SqlStatement,
} from "@loophound/toolkit/sql";
import process from "node:process";
import { connect } from "./db/connect.ts";
import { hashFile } from "./hash_file.ts";
import {
  InputError,
  type LoadFile,
  type LoadProgress,
  type LoadTaskInput,
} from "./load_input.ts";
import type { LoadCounts } from "./load_report.ts";

/** What the thread of a load answers. */
export interface LoadTaskOutput extends LoadCounts {
  /** SHA-256 of the input, hexadecimal; "" where there is no file. */
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
  /** This is the first real load: sample rows leave in this publication. */
  readonly clearingSample: boolean;
  /**
   * The bytes of the file, decompressed if it is gzip, with progress told and
   * the limit on what it may grow to enforced.
   *
   * @throws {FormatError} The gzip is broken or grows over the limit.
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

/** What {@linkcode defineLoadTask} takes. */
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
  /**
   * Takes the collection's sample rows away, after `load`, in the same
   * publication; answers the statements that its commit runs besides.
   */
  clearSample?: (
    publication: Publication,
    run: LoadRun<Fields>,
  ) => Promise<readonly SqlStatement[]>;
}

/**
 * Defines the part of a source that runs in a thread. The frame is the same
 * for all sources: hash the file, answer "unchanged" for bytes that are
 * already loaded, open a publication, load, check the sums, and make the rows
 * and the source's new state visible in one turn.
 */
export function defineLoadTask<Fields>(
  options: LoadTaskOptions<Fields>,
): LoadTask<Fields> {
  return defineTask({
    name: options.name,
    module: options.module,
    threadClass: "load",
    run: (input: LoadTaskInput<Fields>, context: TaskContext) =>
      runLoad(options, input, context),
  });
}

function cpuSeconds(): number {
  const usage = process.threadCpuUsage?.();
  return usage === undefined ? 0 : (usage.user + usage.system) / 1e6;
}

/**
 * Changes when the file is written or replaced. What was hashed must be what
 * is loaded, or the hash would vouch for other rows.
 */
async function fileVersion(path: string): Promise<string> {
  const { ino, size, mtime } = await Deno.stat(path);
  return `${ino} ${size} ${mtime?.getTime()}`;
}

/** Tells progress at most ten times a second. */
function progressTeller(context: TaskContext, total: number) {
  const now: LoadProgress = { done: 0, total, doing: "starting" };
  let last = 0;
  const tell = (always: boolean) => {
    const time = performance.now();
    if (!always && time - last < 100) return;
    last = time;
    context.progress({ ...now });
  };
  return {
    done(bytes: number) {
      now.done = bytes;
      tell(false);
    },
    doing(what: string) {
      now.doing = what;
      tell(true);
    },
  };
}

interface SourceState {
  load_id: string;
  counts: LoadCounts;
}

async function sameBytesLoaded<Fields>(
  connection: SqlConnection,
  { input, sha256, version }: {
    input: LoadTaskInput<Fields>;
    sha256: string;
    version: number;
  },
): Promise<SourceState | undefined> {
  const { rows } = await connection.query<SourceState>(
    `select load_id, counts from source_state
     where source = $1 and sha256 = $2 and fields = $3::text::jsonb
       and loader_version = $4 and sample = $5`,
    [input.source, sha256, JSON.stringify(input.fields), version, input.sample],
  );
  return rows[0];
}

async function hasSample(connection: SqlConnection): Promise<boolean> {
  const { rows } = await connection.query<{ found: boolean }>(
    "select exists (select from source_state where sample) as found",
  );
  return rows[0]?.found === true;
}

/** The sums that every report must show: design.md §6. */
export function checkSums(counts: LoadCounts): void {
  const { rows, accepted, rejected, inserted, updated } = counts;
  const { unchanged, duplicates, unresolved } = counts;
  if (rows !== accepted + rejected) {
    throw new Error(
      `Cannot report the load: ${rows} rows are not ${accepted} accepted + ${rejected} rejected`,
    );
  }
  const sum = inserted + updated + unchanged + duplicates + unresolved;
  if (accepted !== sum) {
    throw new Error(
      `Cannot report the load: ${accepted} accepted rows are not ${inserted} inserted + ${updated} updated + ${unchanged} unchanged + ${duplicates} duplicates + ${unresolved} unresolved`,
    );
  }
}

/** A file of which no row counts must not replace what is there. */
function refuseNothing(counts: LoadCounts, name: string): void {
  if (counts.accepted > 0) return;
  const first = counts.reasons[0]?.examples[0];
  if (first === undefined) {
    throw new InputError(`Cannot load ${name}: it has no rows`);
  }
  throw new InputError(
    `Cannot load ${name}: none of its ${counts.rows} rows can be read; the first: ${
      counts.reasons[0]?.reason
    }: ${first.text}`,
    { line: first.line, column: first.column },
  );
}

function stateStatement<Fields>(
  { input, sha256, version, result, counts }: {
    input: LoadTaskInput<Fields>;
    sha256: string;
    version: number;
    result: LoadResult;
    counts: LoadCounts;
  },
): SqlStatement {
  return {
    sql: `insert into source_state (source, part, sha256, fields,
            loader_version, load_id, sample, bytes, counts, meta, loaded_at)
          values ($1, $2, $3, $4::text::jsonb, $5, $6, $7, $8, $9::text::jsonb,
            $10::text::jsonb, now())
          on conflict (source, part) do update set sha256 = excluded.sha256,
            fields = excluded.fields, loader_version = excluded.loader_version,
            load_id = excluded.load_id, sample = excluded.sample,
            bytes = excluded.bytes, counts = excluded.counts,
            meta = excluded.meta, loaded_at = excluded.loaded_at`,
    params: [
      input.source,
      result.part,
      sha256,
      JSON.stringify(input.fields),
      version,
      input.id,
      input.sample,
      counts.bytes,
      JSON.stringify(counts),
      JSON.stringify(result.meta ?? {}),
    ],
  };
}

async function runLoad<Fields>(
  options: LoadTaskOptions<Fields>,
  input: LoadTaskInput<Fields>,
  context: TaskContext,
): Promise<LoadTaskOutput> {
  const cpuBefore = cpuSeconds();
  const { signal } = context;
  const { file } = input;
  const bytes = file?.bytes ?? 0;
  const teller = progressTeller(context, bytes);

  teller.doing("connecting");
  await using connection = await connect(input.db);

  const before = file === undefined ? "" : await fileVersion(file.path);
  let sha256 = file?.sha256 ?? "";
  if (file !== undefined && sha256 === "") {
    teller.doing("hashing");
    sha256 = await hashFile(file.path, { signal });
  }
  const same = sha256 === "" ? undefined : await sameBytesLoaded(connection, {
    input,
    sha256,
    version: options.version,
  });
  if (same?.load_id === input.id) {
    // An attempt before this one was killed after its commit.
    return { ...same.counts, sha256, cpu_s: cpuSeconds() - cpuBefore };
  }
  if (same !== undefined) {
    const { rows, accepted, rejected, duplicates, unresolved, reasons } =
      same.counts;
    return {
      bytes,
      rows,
      accepted,
      rejected,
      duplicates,
      inserted: 0,
      updated: 0,
      unchanged: accepted - duplicates - unresolved,
      unresolved,
      removed: 0,
      reasons,
      sha256,
      cpu_s: cpuSeconds() - cpuBefore,
    };
  }

  const clearingSample = !input.sample && await hasSample(connection);
  await using publication = await beginPublication(connection, {
    id: shadowId(input.id),
    dryRun: input.dryRun,
    signal,
  });
  const rejections = createRejectionLog();
  const run: LoadRun<Fields> = {
    input,
    signal,
    publication,
    rejections,
    clearingSample,
    open: () =>
      openBytes(requireFile(file, input.source).path, {
        signal,
        maxExpandedBytes: input.maxExpandedBytes,
        onRead: (read) => teller.done(read),
      }),
    doing: (what) => teller.doing(what),
  };
  teller.doing("loading");
  const result = await options.load(run);
  const counts: LoadCounts = {
    bytes,
    ...result.counts,
    rejected: rejections.count,
    reasons: rejections.summary(),
  };
  checkSums(counts);
  refuseNothing(counts, file?.name ?? input.source);
  const sampleStatements = clearingSample && options.clearSample !== undefined
    ? await options.clearSample(publication, run)
    : [];
  if (file !== undefined && await fileVersion(file.path) !== before) {
    throw new InputError(
      `Cannot load ${file.name}: the file changed while it was read`,
    );
  }
  teller.doing("publishing");
  signal.throwIfAborted();
  await publication.commit([
    ...sampleStatements,
    ...result.statements ?? [],
    stateStatement({
      input,
      sha256,
      version: options.version,
      result,
      counts,
    }),
    ...input.fence === undefined ? [] : [input.fence],
  ]);
  return { ...counts, sha256, cpu_s: cpuSeconds() - cpuBefore };
}

function requireFile(file: LoadFile | undefined, source: string): LoadFile {
  if (file === undefined) {
    throw new InputError(`Cannot open the file of source "${source}": none`);
  }
  return file;
}

/** Shadow tables are named after the load: letters and digits only. */
export function shadowId(loadId: string): string {
  return loadId.toLowerCase().replaceAll(/[^a-z0-9]/g, "").slice(-12);
}
