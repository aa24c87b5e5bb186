import type { LoopMonitor } from "@loophound/toolkit/monitor";
import type { Source } from "../collection.ts";
import { findCommitted } from "./_committed_load.ts";
import { JobInputError, JobStoppedError } from "./_failure.ts";
import { type LoadLimits, runLoad } from "./_run_load.ts";
import type { Runnable } from "./_runnable.ts";

/** The name of the kind. */
export const loadKind = "load";

/** What {@linkcode runnableLoad} works with. */
export interface RunnableLoadOptions {
  sources: ReadonlyMap<string, Source>;
  monitor: LoopMonitor;
  limits: LoadLimits;
}

/** What `hold_job` of migrations.ts raises. */
function isFenced(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "LH001";
}

/** Loads, as a kind among others. */
export function runnableLoad(options: RunnableLoadOptions): Runnable {
  return {
    name: loadKind,
    class: "load",
    maxErrors: 3,
    total: ({ request }) => request?.file?.bytes ?? 0,
    async run({ id, source: name, request, priority }, context) {
      const source = name === null ? undefined : options.sources.get(name);
      if (source === undefined || request === null) {
        throw new JobInputError(
          `Cannot load source "${name}": this server has none of that name`,
        );
      }
      const { engine, pool, signal } = context;
      try {
        const report = await runLoad({
          ...options,
          id,
          source,
          request,
          priority,
          engine,
          pool,
          services: { limits: context.limits, http: context.http },
          signal,
          fence: context.fence,
          onProgress: (update) => context.progress(update),
        });
        return { report, result: null };
      } catch (error) {
        if (isFenced(error)) throw new JobStoppedError("lost");
        if (!signal.aborted || request.dryRun) throw error;
        // It was told to stop when all was done: what readers see counts.
        const report = await findCommitted(engine, id);
        if (report === undefined) throw error;
        return { report, result: null };
      }
    },
  };
}
