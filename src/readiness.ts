import type { ThreadPool } from "@loophound/toolkit/offload";
import type { Engine } from "./db/types.ts";
import type { Jobs } from "./jobs/types.ts";

/** The state of one part. */
export interface PartStatus {
  status: "ready" | "not_ready";
  /** Why it is not ready, or what to know. */
  detail?: string;
}

/** What `/readyz` answers. */
export interface Readiness {
  status: "ready" | "not_ready";
  parts: Record<string, PartStatus>;
}

/** Without its replica a server answers all the same, from the primary. */
function replicaPart(engine: Engine): Record<string, PartStatus> {
  const replica = engine.positions?.replica();
  if (replica === undefined) return {};
  return {
    replica: {
      status: "ready",
      ...(replica.used ? {} : {
        detail: `heavy queries go to the primary: the replica: ${replica.why}`,
      }),
    },
  };
}

/** What `/readyz` answers before there are parts to ask. */
export function startingReadiness(detail: string): Readiness {
  return {
    status: "not_ready",
    parts: { server: { status: "not_ready", detail } },
  };
}

/** Asks every part whether it can answer; never throws. */
export async function readiness(
  parts: {
    engine: Engine;
    pool: ThreadPool;
    jobs: Jobs;
    sample: PartStatus;
    /** The server was told to stop. */
    stopping: boolean;
  },
): Promise<Readiness> {
  const ask = async (probe: () => Promise<unknown>): Promise<PartStatus> => {
    try {
      await probe();
      return { status: "ready" };
    } catch (error) {
      return {
        status: "not_ready",
        detail: error instanceof Error ? error.message : String(error),
      };
    }
  };
  const [database, jobs] = await Promise.all([
    ask(() => parts.engine.ping()),
    ask(() => parts.jobs.list({ limit: 1 })),
  ]);
  const dead = parts.pool.stats().filter((pool) =>
    pool.threads > 0 && pool.zombies >= pool.threads
  );
  const all: Record<string, PartStatus> = {
    database,
    jobs,
    threads: dead.length === 0 ? { status: "ready" } : {
      status: "not_ready",
      detail: `no thread of ${
        dead.map((pool) => pool.name).join(", ")
      } is left: all are stuck`,
    },
    sample: parts.sample,
    ...replicaPart(parts.engine),
    server: parts.stopping
      ? { status: "not_ready", detail: "stopping" }
      : { status: "ready" },
  };
  const ready = Object.values(all).every((part) => part.status === "ready");
  return { status: ready ? "ready" : "not_ready", parts: all };
}
