import { pgConnection } from "@loophound/toolkit/sql";
import { getLogger } from "@logtape/logtape";
import { Kysely, PostgresDialect, type PostgresPool } from "kysely";
import pg from "pg";
import { poolFigures } from "./_connection_figures.ts";
import { heavyPostgres } from "./_heavy_postgres.ts";
import { listenPostgres } from "./_listen.ts";
import { clientOptions, openClient, sessionSql } from "./_pg_client.ts";
import { openReplica } from "./_open_replica.ts";
import { positionsOf } from "./_positions.ts";
import { followPool } from "./_pool_end.ts";
import { createSessionReaper } from "./_session_reaper.ts";
import type { EngineOptions } from "./engine_options.ts";
import { countEngine } from "./engines_alive.ts";
import { closeHeavyClients } from "./heavy_task.ts";
import type { DatabaseAddress, Engine } from "./types.ts";

const logger = getLogger(["loophound", "db"]);

/** A statement of the light lane is ended by the server after this. */
const lightTimeoutMs = 10_000;
const pingMs = 1_000;

/** Postgres cuts longer names. */
const maxNameBytes = 63;

function nameOf(purpose: string): string {
  return `loophound ${crypto.randomUUID().slice(0, 8)} ${purpose}`
    .replace(/[^\x20-\x7e]/g, "?").slice(0, maxNameBytes);
}

/** Opens a PostgreSQL server as the engine. */
export async function openPostgresEngine(
  options: EngineOptions & { databaseUrl: string },
): Promise<Engine> {
  const { databaseUrl: url } = options;
  const pool = new pg.Pool({
    ...clientOptions(url, "loophound"),
    max: options.databasePool ?? 8,
    // Set as statements: poolers refuse unknown start-up parameters.
    onConnect: async (client) => {
      await client.query(
        `${sessionSql}; set statement_timeout = ${lightTimeoutMs}`,
      );
    },
  });
  const endPool = followPool(pool);
  const connections = poolFigures(pool);
  // Without a listener a connection that breaks while idle ends the process.
  pool.on("error", (error) => {
    logger.warning("An idle database connection broke: {error}", { error });
  });
  let description: string;
  try {
    const { rows } = await pool.query<{ version: string }>(
      "select version() as version",
    );
    description = rows[0]?.version ?? "PostgreSQL";
  } catch (error) {
    await pool.end();
    throw error;
  }
  const uncount = countEngine();
  const reaper = createSessionReaper(url);
  const replica = options.databaseReplicaUrl === undefined ||
      options.databaseReplicaUrl === url
    ? undefined
    : openReplica(pool, {
      url: options.databaseReplicaUrl,
      maxLagMs: options.replicaMaxLagMs ?? 10_000,
    });
  const heavy = heavyPostgres({
    primary: { url, reaper },
    replica,
    pool: options.pool,
    onHeavyQuery: options.onHeavyQuery,
  });
  const light = new Kysely<unknown>({
    dialect: new PostgresDialect({
      pool: options.wrapPool?.(pool as PostgresPool) ?? pool,
    }),
    ...(options.kyselyLog === undefined ? {} : { log: options.kyselyLog }),
  });

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    closing ??= (async () => {
      try {
        await Promise.all([reaper.close(), replica?.[Symbol.asyncDispose]()]);
        await closeHeavyClients();
        // Not Kysely's `destroy`: it ends the pool only once it was used.
        await endPool();
      } finally {
        uncount();
      }
    })();

  return {
    kind: "postgres",
    description,
    light,
    heavy,
    connections,
    positions: positionsOf(pool, { heavy, watch: replica?.watch }),
    async executeSql(text, values) {
      const result = await pool.query(
        text,
        values === undefined ? undefined : [...values],
      ) as pg.QueryResult | pg.QueryResult[];
      // Several statements answer several results.
      return {
        rows: Array.isArray(result)
          ? result.flatMap(({ rows }) => rows ?? [])
          : result.rows,
      };
    },
    address: (purpose): DatabaseAddress => ({
      engine: "postgres",
      url,
      applicationName: nameOf(purpose),
    }),
    async release(address) {
      if (address.engine === "postgres" && address.applicationName) {
        await reaper.end(address.applicationName);
      }
    },
    async connect(purpose) {
      const client = await openClient(url, nameOf(purpose));
      return pgConnection(client, { close: () => client.end() });
    },
    listen: (channel, options) => listenPostgres(url, channel, options),
    async ping() {
      await withTimeout(pool.query("select 1"), pingMs);
    },
    async sizeBytes() {
      const { rows } = await pool.query<{ bytes: string }>(
        "select pg_database_size(current_database()) as bytes",
      );
      return Number(rows[0]?.bytes);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function withTimeout(answer: Promise<unknown>, ms: number) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  answer.catch(() => {});
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`The database has not answered in ${ms} ms`)),
      ms,
    );
  });
  await Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
