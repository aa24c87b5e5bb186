import { type Backend, openBackend } from "../../src/backend.ts";
import type { Collection } from "../../src/collection.ts";
import { collections } from "../../src/collections/mod.ts";
import { type Config, readConfig } from "../../src/config.ts";
import { createApp } from "../../routes/mod.ts";
import type { AppOptions } from "../../routes/mod.ts";
import { startPostgres, type TestPostgres } from "./postgres.ts";

/** The database engines that whole-system tests run on. */
export const ENGINES = ["PGlite", "PostgreSQL"] as const;
export type EngineName = typeof ENGINES[number];

/** A backend of a test's own, and an app over it. */
export interface TestSystem extends AsyncDisposable {
  readonly backend: Backend;
  readonly dataDir: string;
  /** Requests as a client on this machine would send them. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  json<T = Record<string, unknown>>(
    path: string,
    init?: RequestInit,
  ): Promise<T>;
}

/** Options of {@linkcode openSystem}. */
export interface SystemOptions {
  env?: Record<string, string>;
  app?: AppOptions;
  /** Collections besides those that are served. @default {[]} */
  collections?: readonly Collection[];
}

/**
 * Opens a backend on an engine, in a temporary folder, without sample data
 * unless `env` says otherwise.
 */
export async function openSystem(
  engine: EngineName,
  postgres: TestPostgres | undefined,
  options: SystemOptions = {},
): Promise<TestSystem> {
  const dataDir = await Deno.makeTempDir({ prefix: "loophound-test-" });
  const env: Record<string, string> = {
    DATA_DIR: dataDir,
    SAMPLE_DATA: "off",
    ...options.env,
  };
  if (engine === "PostgreSQL") {
    if (postgres === undefined) throw new Error("Cannot open: no server given");
    env.DATABASE_URL ??= await postgres.createDatabase();
  }
  const config: Config = readConfig(env);
  const backend = await openBackend(config, {
    collections: [...collections, ...options.collections ?? []],
    version: "test",
  });
  const app = createApp(backend, { isLoopback: () => true, ...options.app });
  const fetch = async (path: string, init?: RequestInit) =>
    await app.fetch(new Request(`http://localhost${path}`, init));
  return {
    backend,
    dataDir,
    fetch,
    async json<T>(path: string, init?: RequestInit) {
      const response = await fetch(path, init);
      return await response.json() as T;
    },
    async [Symbol.asyncDispose]() {
      await backend.close();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

/** Runs the same whole-system test on both engines. */
export function onBothEngines(
  name: string,
  test: (system: TestSystem, engine: EngineName) => Promise<void>,
  options: SystemOptions = {},
): void {
  for (const engine of ENGINES) {
    Deno.test(`${name} on ${engine}`, async () => {
      await using postgres = engine === "PostgreSQL"
        ? await startPostgres()
        : undefined;
      await using system = await openSystem(engine, postgres, options);
      await test(system, engine);
    });
  }
}

/** Posts a load and waits until its job has ended. */
export async function load(
  system: TestSystem,
  source: string,
  body: Record<string, unknown>,
) {
  const response = await system.fetch(`/api/sources/${source}/load`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (response.status !== 202) {
    throw new Error(`Cannot load: ${JSON.stringify(answer)}`);
  }
  return await system.backend.jobs.finished(answer.id);
}
