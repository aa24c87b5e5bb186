import type { ThreadPool } from "@loophound/toolkit/offload";
import type { z } from "zod";
import type { DatabaseAddress } from "./db/types.ts";
import type { JobKind, JobServices } from "./jobs/types.ts";
import type { LoadFile, LoadProgress } from "./load_input.ts";
import type { LoadTask, LoadTaskOutput } from "./load_task.ts";
import { ALL_SOURCE_KINDS, type SourceKind } from "./source_kind.ts";

/** A schema change: runs once, in order, forward only. */
export interface SqlMigration {
  /** Unique in its collection, sorting in order: `0001_genes`. */
  name: string;
  /** One or several statements, run in one transaction. */
  sql: string;
}

/** A column of the input, as `GET /api/sources` describes it. */
export interface SourceColumn {
  name: string;
  type: string;
  description?: string;
}

/** What a source's `load` is given besides its input. */
export interface LoadContext extends JobServices {
  /** Id of the load: the job's id. */
  readonly id: string;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  /** The rows are sample data and leave with the first real load. */
  readonly sample: boolean;
  /** The file of a `file` source; for a `folder` source, the folder. */
  readonly file: LoadFile | undefined;
  readonly pool: ThreadPool;
  progress(update: LoadProgress): void;
  /** A new address of the database, for one thread. */
  address(): DatabaseAddress;
  /**
   * Runs the source's task in a thread of the class `load`, with the file,
   * the database and the limits of this load.
   */
  run<Fields>(
    task: LoadTask<Fields>,
    fields: Fields,
  ): Promise<LoadTaskOutput>;
}

/** Where knowledge about entities comes from. Made by {@linkcode defineSource}. */
export interface Source {
  /** In the URL: `POST /api/sources/:name/load`. */
  readonly name: string;
  readonly kind: SourceKind;
  readonly description: string;
  /** The source's own fields, as JSON properties or query parameters. */
  readonly input: z.ZodObject;
  /** Media types that a body may have. */
  readonly accepts: readonly string[];
  readonly columns: readonly SourceColumn[];
  /** Runs on the loop: it only hands work to threads. */
  load(
    input: Record<string, unknown>,
    context: LoadContext,
  ): Promise<LoadTaskOutput>;
}

/** What {@linkcode defineSource} takes. */
export interface SourceOptions<Input extends z.ZodObject> {
  name: string;
  /** @default {"file"} */
  kind?: SourceKind;
  description: string;
  input: Input;
  /** @default {["application/octet-stream"]} */
  accepts?: readonly string[];
  /** @default {[]} */
  columns?: readonly SourceColumn[];
  load: (
    input: z.output<Input>,
    context: LoadContext,
  ) => Promise<LoadTaskOutput>;
}

const NAME = /^[a-z][a-z0-9_]{0,47}$/;

/**
 * Defines a source: something that a collection can be loaded from.
 *
 * @throws {TypeError} The name is not one that a URL and a table can carry.
 */
export function defineSource<Input extends z.ZodObject>(
  options: SourceOptions<Input>,
): Source {
  if (!NAME.test(options.name)) {
    throw new TypeError(
      `Cannot define source "${options.name}": a name has 1 to 48 lower-case letters, digits and underscores, and starts with a letter`,
    );
  }
  const kind = options.kind ?? "file";
  if (!ALL_SOURCE_KINDS.includes(kind)) {
    throw new TypeError(
      `Cannot define source "${options.name}": kind "${kind}" is none of ${
        ALL_SOURCE_KINDS.join(", ")
      }`,
    );
  }
  return Object.freeze({
    name: options.name,
    kind,
    description: options.description,
    input: options.input,
    accepts: Object.freeze(options.accepts ?? ["application/octet-stream"]),
    columns: Object.freeze(options.columns ?? []),
    // The registry calls every source alike; the input was validated by
    // `options.input` before.
    load: (input: Record<string, unknown>, context: LoadContext) =>
      options.load(input as z.output<Input>, context),
  });
}

/** One file of a collection's bundled sample. */
export interface SampleLoad {
  source: string;
  fields: Record<string, unknown>;
  file: URL;
}

/** A domain that plugs in. Made by {@linkcode defineCollection}. */
export interface Collection {
  readonly name: string;
  readonly migrations: readonly SqlMigration[];
  readonly sources: readonly Source[];
  /** What takes long in it, besides loads. */
  readonly jobs: readonly JobKind[];
  /** Bundled sample data, in the order it is loaded. */
  readonly sample: readonly SampleLoad[];
}

/** What {@linkcode defineCollection} takes. */
export interface CollectionOptions {
  name: string;
  migrations: readonly SqlMigration[];
  sources: readonly Source[];
  /** @default {[]} */
  jobs?: readonly JobKind[];
  /** @default {[]} */
  sample?: readonly SampleLoad[];
}

/**
 * Defines a collection: schema, sources and queries of one domain.
 *
 * @throws {TypeError} A name is not valid, or two sources, migrations or kinds of job share one.
 */
export function defineCollection(options: CollectionOptions): Collection {
  if (!NAME.test(options.name)) {
    throw new TypeError(
      `Cannot define collection "${options.name}": a name has 1 to 48 lower-case letters, digits and underscores, and starts with a letter`,
    );
  }
  for (
    const [what, names] of [
      ["source", options.sources.map((source) => source.name)],
      ["migration", options.migrations.map((migration) => migration.name)],
      ["kind of job", options.jobs?.map((kind) => kind.name) ?? []],
    ] as const
  ) {
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) {
      throw new TypeError(
        `Cannot define collection "${options.name}": ${what} "${twice}" is there twice`,
      );
    }
  }
  return Object.freeze({
    name: options.name,
    migrations: Object.freeze([...options.migrations]),
    sources: Object.freeze([...options.sources]),
    jobs: Object.freeze([...options.jobs ?? []]),
    sample: Object.freeze([...options.sample ?? []]),
  });
}
