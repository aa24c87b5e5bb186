import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { startServer, type TestServer } from "./server.ts";

/** Options of {@linkcode killServers}. */
export interface KillServersOptions {
  databaseUrl: string;
  /** Jobs in all; every fifth is a load of a file, the others count steps. */
  jobs: number;
  servers: number;
  /** Milliseconds between two kills: between half of it and one and a half. */
  everyMs: number;
  /** The whole may take this long, milliseconds. */
  withinMs: number;
  /** Told now and then how far it is. */
  onProgress?: (line: string) => void;
}

/** What happened. */
export interface KillServersResult {
  jobs: number;
  kills: number;
  /** Jobs that needed more than one attempt. */
  resumed: number;
  attempts: number;
  seconds: number;
}

const GENES = 5;
const MAIN = new URL("./tally_server.ts", import.meta.url);

const isLoad = (number: number) => number % 5 === 0;
const stepsOf = (number: number) => 1 + number % 7;

function panelOf(number: number): string {
  return JSON.stringify({
    provider_id: `provider_${number}`,
    provider_name: `Provider ${number}`,
    total_panels: 1,
    genes: Array.from({ length: GENES }, (_, i) => ({
      symbol: `G${(number + i) % 50}`,
      panels: [`P${number}`],
      occurrence_count: number + 1,
      reported_as: `G${(number + i) % 50}`,
      hgnc_id: null,
      normalization_status: "failed",
    })),
  });
}

/** Servers of which one is killed now and then, and started again. */
class Herd implements AsyncDisposable {
  readonly #servers: (TestServer | undefined)[];
  readonly #env: Record<string, string>;
  readonly #killing: Promise<void>;
  #calm = false;
  kills = 0;

  constructor(servers: TestServer[], env: Record<string, string>, ms: number) {
    this.#servers = servers;
    this.#env = env;
    this.#killing = this.#kill(ms);
    // Told by `calm()`.
    this.#killing.catch(() => {});
  }

  static async open(
    count: number,
    { env, everyMs }: { env: Record<string, string>; everyMs: number },
  ): Promise<Herd> {
    const servers: TestServer[] = [];
    for (let i = 0; i < count; i++) {
      servers.push(await startServer({ main: MAIN, env }));
    }
    return new Herd(servers, env, everyMs);
  }

  /** The address of one that lives, another each time. */
  any(): string | undefined {
    const alive = this.#servers.filter((server) => server !== undefined);
    return alive[Math.floor(Math.random() * alive.length)]?.url;
  }

  async #kill(everyMs: number): Promise<void> {
    for (;;) {
      const next = performance.now() + everyMs * (0.5 + Math.random());
      while (performance.now() < next) {
        if (this.#calm) return;
        await delay(50);
      }
      const index = Math.floor(Math.random() * this.#servers.length);
      const server = this.#servers[index];
      this.#servers[index] = undefined;
      await server?.kill();
      this.kills++;
      this.#servers[index] = await startServer({ main: MAIN, env: this.#env });
    }
  }

  /** No kill after this. */
  async calm(): Promise<void> {
    this.#calm = true;
    await this.#killing;
  }

  async [Symbol.asyncDispose]() {
    await this.calm().catch(() => {});
    await Promise.all(this.#servers.map((server) => server?.kill()));
  }
}

/** Asks one server after another until the job is taken, as a client should. */
async function submit(
  herd: Herd,
  { number, folder, until }: { number: number; folder: string; until: number },
): Promise<string> {
  for (;;) {
    const url = herd.any();
    try {
      if (url === undefined) throw new Error("no server lives");
      const [path, body] = isLoad(number)
        ? ["/api/sources/diagnostic_panels/load", {
          path: `${folder}/${number}.json`,
        }]
        : ["/api/jobs", {
          kind: "tally",
          input: { number, steps: stepsOf(number) },
        }];
      const response = await fetch(`${url}${path}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "idempotency-key": `job-${number}`,
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(20_000),
      });
      const answer = await response.json() as { id?: string; detail?: string };
      if (response.status === 202 && answer.id !== undefined) return answer.id;
      // A server that stops answers 503; anything else is a fault.
      if (response.status !== 503) {
        throw new assert.AssertionError({
          message: `job ${number}: ${response.status} ${answer.detail}`,
        });
      }
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      if (performance.now() > until) throw error;
    }
    await delay(100);
  }
}

async function statesOf(database: pg.Pool): Promise<Map<string, number>> {
  const { rows } = await database.query<{ state: string; count: number }>(
    "select state, count(*)::int as count from jobs group by state",
  );
  return new Map(rows.map(({ state, count }) => [state, count]));
}

async function checkEffects(database: pg.Pool, jobs: number): Promise<void> {
  const numbers = Array.from({ length: jobs }, (_, number) => number);
  const tallied = await database.query<{ number: number; steps: number[] }>(
    "select number, array_agg(step order by step) as steps from tally group by number order by number",
  );
  assert.deepEqual(
    tallied.rows,
    numbers.filter((number) => !isLoad(number)).map((number) => ({
      number,
      steps: Array.from({ length: stepsOf(number) }, (_, i) => i + 1),
    })),
    "a step is missing or there twice",
  );
  const { rows } = await database.query<{ part: string }>(
    "select part from source_state where source = 'diagnostic_panels'",
  );
  assert.deepEqual(
    rows.map(({ part }) => part).sort(),
    numbers.filter(isLoad).map((number) => `provider_${number}`).sort(),
    "a load is missing",
  );
}

/**
 * Queues jobs on several servers that share a PostgreSQL, kills one of them
 * now and then until all jobs are done, and checks that each job succeeded
 * and that what it does is there once.
 */
export async function killServers(
  options: KillServersOptions,
): Promise<KillServersResult> {
  const { jobs, onProgress } = options;
  const folder = await Deno.makeTempDir({ prefix: "loophound-herd-" });
  const database = new pg.Pool({
    connectionString: options.databaseUrl,
    max: 2,
  });
  const started = performance.now();
  const until = started + options.withinMs;
  try {
    for (let number = 0; number < jobs; number += 5) {
      await Deno.writeTextFile(`${folder}/${number}.json`, panelOf(number));
    }
    await using herd = await Herd.open(options.servers, {
      env: {
        DATA_DIR: `${folder}/data`,
        ALLOWED_ROOTS: folder,
        DATABASE_URL: options.databaseUrl,
        DATABASE_POOL: "4",
      },
      everyMs: options.everyMs,
    });
    const ids = new Set<string>();
    let next = 0;
    await Promise.all(Array.from({ length: 4 }, async () => {
      while (next < jobs) {
        ids.add(await submit(herd, { number: next++, folder, until }));
      }
    }));
    assert.equal(ids.size, jobs, "two submissions answered one job");
    onProgress?.(`${jobs} jobs queued, ${herd.kills} kills so far`);
    for (let look = 0;; look++) {
      const states = await statesOf(database);
      const open = (states.get("queued") ?? 0) + (states.get("running") ?? 0);
      if (look % 20 === 0) {
        onProgress?.(
          `${
            Object.entries(Object.fromEntries(states)).join("; ")
          }; ${herd.kills} kills`,
        );
      }
      if (open === 0) break;
      assert.ok(
        performance.now() < until,
        `stuck after ${options.withinMs} ms: ${JSON.stringify([...states])}`,
      );
      await delay(500);
    }
    const seconds = (performance.now() - started) / 1000;
    await herd.calm();
    assert.deepEqual(
      [...await statesOf(database)].filter(([state]) => state !== "succeeded"),
      [],
    );
    await checkEffects(database, jobs);
    const { rows } = await database.query<
      { jobs: number; attempts: number; resumed: number }
    >(
      `select count(*)::int as jobs, sum(attempts)::int as attempts,
         count(*) filter (where attempts > 1)::int as resumed
       from jobs where kind in ('load', 'tally')`,
    );
    assert.equal(rows[0]!.jobs, jobs, "jobs are lost or there twice");
    return { ...rows[0]!, kills: herd.kills, seconds };
  } finally {
    await database.end();
    await Deno.remove(folder, { recursive: true });
  }
}
