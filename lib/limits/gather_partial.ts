import { startDeadline, withDeadline } from "./deadline.ts";

/** Where parts of an answer come from, by name. */
export type Sources = Readonly<
  Record<string, (signal: AbortSignal) => unknown>
>;

/** What became of one source. */
export type SourceOutcome<T> =
  | {
    readonly status: "ok";
    readonly value: T;
    /** Milliseconds from the start to its answer. */
    readonly latency_ms: number;
  }
  | {
    readonly status: "error";
    /** What it threw. */
    readonly error: unknown;
    readonly latency_ms: number;
  }
  | {
    /** A deadline passed: the overall one, that of the source, or one inside it. */
    readonly status: "timeout";
    /** Says whose deadline it was. Its name is `TimeoutError`. */
    readonly error: Error;
    readonly latency_ms: number;
  };

/** What {@linkcode gatherPartial} comes back with. */
export interface Gathered<S extends Sources> {
  readonly results: {
    readonly [N in keyof S]: SourceOutcome<Awaited<ReturnType<S[N]>>>;
  };
  /** Whether all sources answered. */
  readonly complete: boolean;
  /** Those that answered, in the order given. */
  readonly ok: (keyof S & string)[];
  /** Those that did not, in the order given. */
  readonly failed: (keyof S & string)[];
}

/** Options of {@linkcode gatherPartial}. */
export interface GatherPartialOptions<N extends string = string> {
  /** Milliseconds for all sources together; `Infinity` for no end. */
  deadlineMs: number;
  /** Aborting it ends all sources, and the promise with its reason. */
  signal?: AbortSignal | undefined;
  /**
   * Milliseconds for each source, or for some by name.
   *
   * @default {Infinity}
   */
  perSourceMs?: number | { readonly [K in N]?: number };
  /**
   * What the overall deadline is called in errors.
   *
   * @default {"all sources"}
   */
  name?: string;
}

/**
 * Asks several sources at once and comes back with what each of them answered,
 * at the latest when the overall deadline passes. A source that fails does not
 * fail the others; what it threw is kept, never replaced by an empty answer.
 *
 * Sources that have not ended by then are told to stop through their signal.
 * It does not wait for them to heed it; what they answer or throw later is
 * dropped.
 *
 * `JSON.stringify()` makes `{}` of an `Error`: to send an outcome to a client,
 * take its `status` and what of the error's message the client may know.
 *
 * @param sources What to ask, by name; all are started at once.
 * @param options How long, and the caller's signal.
 * @returns Each source's value, error or time-out, with its latency.
 * @throws {RangeError} A deadline is no number.
 * @throws The caller's reason, when the caller aborts.
 *
 * @example Usage
 * ```ts
 * import { gatherPartial } from "@loophound/toolkit/limits";
 * import assert from "node:assert/strict";
 *
 * const { results, ok, failed } = await gatherPartial({
 *   local: () => ["Windowlicker"],
 *   discogs: () => Promise.reject(new Error("Connection refused")),
 *   spotify: () => new Promise<string[]>(() => {}),
 * }, { deadlineMs: 20 });
 * assert.deepEqual(ok, ["local"]);
 * assert.deepEqual(failed, ["discogs", "spotify"]);
 * assert.equal(results.discogs.status, "error");
 * assert.equal(results.spotify.status, "timeout");
 * ```
 */
export async function gatherPartial<S extends Sources>(
  sources: S,
  options: GatherPartialOptions<keyof S & string>,
): Promise<Gathered<S>> {
  const { deadlineMs, signal, perSourceMs, name = "all sources" } = options;
  // All of them before the first is started.
  const asked = Object.entries(sources).map(([source, work]) => ({
    source,
    work,
    ms: limitOf(source, perSourceMs),
  }));
  using deadline = startDeadline({ ms: deadlineMs, signal, name });
  // deno-lint-ignore loophound/no-unbounded-fan-out -- as many as the caller has written down by name, all under one deadline
  const outcomes = await Promise.all(
    asked.map(async ({ source, work, ms }) => {
      const limit = { ms, signal: deadline.signal, name: source };
      return [source, await ask(work, limit)] as const;
    }),
  );
  if (!deadline.passed) deadline.signal.throwIfAborted();
  const named = (wanted: boolean) =>
    outcomes.flatMap(([source, { status }]) =>
      (status === "ok") === wanted ? [source] : []
    );
  const failed = named(false);
  return {
    // The names are those of the sources, and each has the outcome of its own.
    results: Object.fromEntries(outcomes) as Gathered<S>["results"],
    complete: failed.length === 0,
    ok: named(true),
    failed,
  };
}

function limitOf(
  source: string,
  perSourceMs: GatherPartialOptions["perSourceMs"] = Infinity,
): number {
  const ms = typeof perSourceMs === "number"
    ? perSourceMs
    : Object.hasOwn(perSourceMs, source)
    ? perSourceMs[source] ?? Infinity
    : Infinity;
  if (typeof ms === "number" && !Number.isNaN(ms)) return ms;
  throw new RangeError(`Cannot set deadline of "${source}": ${ms} is no time`);
}

async function ask(
  work: Sources[string],
  limit: { ms: number; signal: AbortSignal; name: string },
): Promise<SourceOutcome<unknown>> {
  const start = performance.now();
  const latency = () => performance.now() - start;
  try {
    const value = await withDeadline(work, limit);
    return { status: "ok", value, latency_ms: latency() };
  } catch (error) {
    const latency_ms = latency();
    return error instanceof Error && error.name === "TimeoutError"
      ? { status: "timeout", error, latency_ms }
      : { status: "error", error, latency_ms };
  }
}
