import { defineTask, type ThreadPool } from "@loophound/toolkit/offload";

const module = import.meta.url;

/** Imports modules where they will be needed. */
async function importAll(modules: string[]): Promise<void> {
  await Promise.all(modules.map((url) => import(url)));
}

const tasks = ["load", "query", "short", "spool"].map((threadClass) =>
  defineTask({
    name: `warm_${threadClass}`,
    module,
    threadClass,
    run: importAll,
  })
);

/** One module with the tasks of each class. A schedule is read right after the start. */
const modules: Readonly<Record<string, readonly URL[]>> = {
  load: [new URL("./collections/mod.ts", import.meta.url)],
  query: [new URL("./db/heavy_task.ts", import.meta.url)],
  short: [new URL("./jobs/_cron_task.ts", import.meta.url)],
  spool: [new URL("./spool/spool_task.ts", import.meta.url)],
};

/**
 * Starts a thread of each class and has it import what its tasks need.
 * Starting a thread takes the loop tens of milliseconds; at start-up that
 * delays nobody, in the middle of the first load it would.
 */
export async function warmThreads(
  pool: ThreadPool,
  options: { signal: AbortSignal },
): Promise<void> {
  if (!pool.capabilities.threads) return;
  await Promise.all(
    tasks.map((task) =>
      pool.run(
        task,
        (modules[task.threadClass] ?? []).map((url) => url.href),
        options,
      )
    ),
  );
}
