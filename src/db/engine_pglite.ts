import { Kysely } from "kysely";
import { startQueryDeadline } from "./_deadline.ts";
import { housekeep } from "./_housekeeping.ts";
import { TurnMeter } from "./_connection_figures.ts";
import { PgliteClient } from "./_pglite_client.ts";
import { pgliteConnection, statementPart } from "./_pglite_connection.ts";
import { pgliteDialect } from "./_pglite_dialect.ts";
import { superviseHost } from "./_pglite_supervisor.ts";
import { type RunningHost, startHost } from "./_pglite_thread.ts";
import { textValues } from "./_values.ts";
import { watchBody } from "./_watch_body.ts";
import { openDataDir } from "./data_dir.ts";
import type { EngineOptions } from "./engine_options.ts";
import { countEngine } from "./engines_alive.ts";
import { EngineEndedError } from "./errors.ts";
import type { DatabaseAddress, Engine, HeavyLane } from "./types.ts";

const pingMs = 1_000;
const restartPauseMs = 5_000;

/** The id of the loop's own client; addresses count from the next. */
const loopClient = 1;

function threadKindOf(
  options: EngineOptions,
): "auto" | "node" | "web" | "inline" {
  const { threadKind = "auto", pool } = options;
  return threadKind === "auto" ? pool.capabilities.kind : threadKind;
}

/**
 * Opens the embedded engine: PGlite in a thread of its own, its data under
 * `dataDir/pglite`, the folder locked until it is closed.
 *
 * Its one connection is shared. Requests wait in the thread, by lane: lookups
 * first, then jobs, then slices of loads and of heavy answers. Session
 * settings, temporary tables and prepared statements are therefore everyone's.
 *
 * With kind `inline` PGlite runs on the loop: a query then blocks it for its
 * full length.
 */
export async function openPgliteEngine(
  options: EngineOptions,
): Promise<Engine> {
  const dir = await openDataDir(options.dataDir);
  const uncount = countEngine();
  const turns = new Int32Array(new SharedArrayBuffer(8));
  const addresses = new Map<DatabaseAddress, number>();
  let lastClient = loopClient;
  let client!: PgliteClient;
  const meter = new TurnMeter();

  const forget = (id: number): void => {
    for (const [address, client] of addresses) {
      if (client === id) addresses.delete(address);
    }
  };
  const clientOf = (host: RunningHost, id: number): PgliteClient => {
    const { port1, port2 } = new MessageChannel();
    host.attach(id, port2);
    return new PgliteClient(port1, id === loopClient ? meter : undefined);
  };

  const supervisor = await superviseHost({
    start: () =>
      startHost({
        folder: dir.database,
        turns,
        sessionMs: options.sessionMs ?? 5_000,
        kind: threadKindOf(options),
        onGone: forget,
      }),
    onStart: (host) => client = clientOf(host, loopClient),
    onEnd: (error) => {
      client.fail(error);
      addresses.clear();
    },
    turns,
    // A thread that cannot be killed would go on writing beside its successor.
    maxTurnMs: threadKindOf(options) === "node"
      ? options.maxTurnMs ?? 60_000
      : Infinity,
    pauseMs: restartPauseMs,
  }).catch(async (error: unknown) => {
    uncount();
    await dir.release(false);
    throw error;
  });
  const version = supervisor.now()?.version ?? "";

  const loop = async (): Promise<PgliteClient> => {
    await supervisor.current();
    return client;
  };
  const light = new Kysely<unknown>({
    dialect: pgliteDialect(loop, options.onLightQuery),
    ...(options.kyselyLog === undefined ? {} : { log: options.kyselyLog }),
  });

  const heavy: HeavyLane = {
    async run(query, heavyOptions) {
      const { deadline } = startQueryDeadline(query, heavyOptions);
      try {
        const body = await (await loop()).stream({
          lane: "heavy",
          sql: query.sql,
          parameters: textValues(query.parameters),
          format: query.format ?? "json",
        }, {
          signal: deadline.signal,
          onEnd: (figures) =>
            options.onHeavyQuery?.({
              name: query.name,
              sql: query.sql,
              ...figures,
            }),
        });
        return watchBody(body, () => deadline[Symbol.dispose]());
      } catch (error) {
        deadline[Symbol.dispose]();
        throw error;
      }
    },
  };

  const background = new AbortController();
  const tidied = dir.unclean
    ? housekeep(loop, background.signal)
    : Promise.resolve();

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    closing ??= (async () => {
      background.abort();
      const host = await supervisor.stop();
      try {
        await light.destroy();
        await client[Symbol.asyncDispose]();
        await tidied;
        await host?.close();
        await dir.release(host !== undefined);
      } catch (error) {
        await dir.release(false);
        throw error;
      } finally {
        for (const address of addresses.keys()) {
          // An address that nobody took is still here.
          if (address.engine === "pglite") address.port.close();
        }
        uncount();
      }
    })();

  return {
    kind: "pglite",
    description: version,
    light,
    heavy,
    async executeSql(text, values) {
      const { replies } = await (await loop()).turn(
        [statementPart(text, values)],
        { lane: "jobs" },
      );
      return { rows: (replies[0] ?? []).flatMap(({ rows }) => rows) };
    },
    address() {
      const host = supervisor.now();
      if (host === undefined) {
        throw new EngineEndedError(
          "Cannot give an address of the embedded database: its thread has ended and is being started again",
        );
      }
      const { port1, port2 } = new MessageChannel();
      const id = ++lastClient;
      host.attach(id, port2);
      const address: DatabaseAddress = { engine: "pglite", port: port1 };
      addresses.set(address, id);
      return address;
    },
    release(address) {
      const id = addresses.get(address);
      if (id !== undefined) supervisor.now()?.release(id);
      return Promise.resolve();
    },
    async connect() {
      const host = await supervisor.current();
      return pgliteConnection(clientOf(host, ++lastClient), "load");
    },
    async ping() {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () =>
            reject(
              new Error(
                `The embedded database has not answered in ${pingMs} ms`,
              ),
            ),
          pingMs,
        );
      });
      const answer = loop().then((client) =>
        client.turn([statementPart("select 1")], { lane: "light" })
      );
      answer.catch(() => {});
      await Promise.race([answer, late]).finally(() => clearTimeout(timer));
    },
    async sizeBytes() {
      const { replies } = await (await loop()).turn(
        [statementPart("select pg_database_size(current_database()) as bytes")],
        { lane: "light" },
      );
      return Number(replies[0]?.[0]?.rows[0]?.["bytes"]);
    },
    connections: () => meter.stats(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
