import {
  load,
  openSystem,
  type TestSystem,
} from "../../tests/helpers/system.ts";
import {
  type JobAnswer,
  startLoad,
  startServer,
  type TestServer,
} from "../../tests/helpers/server.ts";
import { type Context, type EngineName, GENES } from "./context.ts";

/** Options of {@linkcode openCatalogue} and {@linkcode startCatalogue}. */
export interface CatalogueOptions {
  env?: Record<string, string>;
}

/** Opens a backend in this process, with the bench's genes in it. */
export async function openCatalogue(
  context: Context,
  engine: EngineName,
  options: CatalogueOptions = {},
): Promise<TestSystem> {
  const postgres = engine === "PostgreSQL"
    ? await context.postgres()
    : undefined;
  const system = await openSystem(engine, postgres, {
    env: { ALLOWED_ROOTS: context.folder, ...options.env },
  });
  try {
    const job = await load(system, "diagnostic_panels", {
      path: await context.panel(),
    });
    checkLoaded(job, GENES);
  } catch (error) {
    await system[Symbol.asyncDispose]();
    throw error;
  }
  return system;
}

/** A server as {@linkcode startCatalogue} starts it. */
export interface CatalogueServer extends TestServer {
  /** Its settings: another process can open the same data after it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Settings of a server over an empty database of its own. */
export async function emptyDatabase(
  context: Context,
  engine: EngineName,
): Promise<Record<string, string>> {
  const dataDir = await Deno.makeTempDir({
    dir: context.folder,
    prefix: "data-",
  });
  return {
    DATA_DIR: dataDir,
    ALLOWED_ROOTS: context.folder,
    SAMPLE_DATA: "off",
    ...(engine === "PostgreSQL"
      ? { DATABASE_URL: await (await context.postgres()).createDatabase() }
      : {}),
  };
}

/** Starts a server process with the bench's genes in its database. */
export async function startCatalogue(
  context: Context,
  engine: EngineName,
  options: CatalogueOptions = {},
): Promise<CatalogueServer> {
  const env = { ...await emptyDatabase(context, engine), ...options.env };
  const server = await startServer({ env });
  try {
    const { job } = await timedLoad(server, "diagnostic_panels", {
      path: await context.panel(),
    });
    checkLoaded(job, GENES);
  } catch (error) {
    await server.kill();
    throw error;
  }
  return Object.assign(server, { env });
}

function checkLoaded(
  job: {
    state: string;
    report: { accepted: number } | null;
    error: { message: string } | null;
  },
  rows: number,
): void {
  if (job.state !== "succeeded" || job.report?.accepted !== rows) {
    throw new Error(
      `The load of ${rows} rows ended as ${job.state} with ${
        job.report?.accepted ?? "no"
      } accepted rows: ${job.error?.message ?? ""}`,
    );
  }
}

/** How often a job is asked about, and how long at most, milliseconds. */
const ASK_MS = 25;
const LOAD_MS = 180_000;

/**
 * Waits for the end of a job.
 *
 * @throws {Error} The load failed, or takes longer than three minutes.
 */
export async function loadEnd(
  server: TestServer,
  id: string,
): Promise<JobAnswer> {
  const until = performance.now() + LOAD_MS;
  while (performance.now() < until) {
    const job = await server.json<JobAnswer>(`/api/jobs/${id}`);
    if (job.state === "succeeded") return job;
    if (job.state !== "queued" && job.state !== "running") {
      throw new Error(`The load ${job.state}: ${job.error?.message}`);
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
  }
  throw new Error(`The load has not ended within ${LOAD_MS} ms`);
}

/** Loads by path; seconds count from the request to the end of the job. */
export async function timedLoad(
  server: TestServer,
  source: string,
  body: Record<string, unknown>,
): Promise<{ job: JobAnswer; seconds: number }> {
  const started = performance.now();
  const id = await startLoad(server, source, body);
  const job = await loadEnd(server, id);
  return { job, seconds: (performance.now() - started) / 1000 };
}
