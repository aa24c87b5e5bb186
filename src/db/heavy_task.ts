import { defineTask, type TaskContext } from "@loophound/toolkit/offload";
import pg from "pg";
import { openClient } from "./_pg_client.ts";
import { heavySql, RowBytes } from "./_row_bytes.ts";
import { type RowQuery, runRowQuery } from "./_row_query.ts";
import type { HeavyFormat } from "./types.ts";

/** What the heavy lane's task is given. */
export interface HeavyTaskInput {
  url: string;
  sql: string;
  parameters: (string | null)[];
  format: HeavyFormat;
  /** The server ends the query after it. */
  timeoutMs: number;
  /** The session's name while it runs: whoever cancels it finds it by this. */
  applicationName: string;
}

/** What the heavy lane's task answers. */
export type HeavyTaskOutput =
  | { body: ReadableStream<Uint8Array<ArrayBuffer>> }
  /** What the database refused; fields of its error. */
  | { refused: { message: string } & Record<string, unknown> }
  /** No connection, or it broke before anything was answered. */
  | { unreachable: { name: string; message: string; code: string | null } };

/** What the task tells besides its answer. */
export type HeavyTaskUpdate =
  /** Milliseconds since the epoch when a thread took it. */
  | { kind: "started"; at: number }
  | {
    kind: "figures";
    execution_ms: number;
    decode_ms: number;
    rows: number;
    bytes: number;
  };

/** A chunk is about this large. */
const chunkBytes = 128 * 1024;
/** Chunks that may wait for the reader before the server is held back. */
const maxWaiting = 4;

const idle = new Map<string, pg.Client[]>();

/** A connection to the server: this thread's own, kept for the next query. */
async function takeClient(url: string): Promise<pg.Client> {
  const kept = idle.get(url)?.pop();
  if (kept !== undefined) return kept;
  const client = await openClient(url, "loophound heavy");
  client.on("error", () => drop(url, client));
  return client;
}

function keepClient(url: string, client: pg.Client): void {
  const kept = idle.get(url);
  if (kept === undefined) idle.set(url, [client]);
  else kept.push(client);
}

function drop(url: string, client: pg.Client): void {
  const kept = idle.get(url)?.filter((one) => one !== client) ?? [];
  idle.set(url, kept);
  // Not `end()`: that waits for a query that is under way.
  (client as unknown as { connection: { stream: { destroy(): void } } })
    .connection.stream.destroy();
}

/**
 * Closes the connections that this isolate keeps. A thread's own go with it;
 * where tasks run on the loop the engine calls it.
 */
export async function closeHeavyClients(): Promise<void> {
  const clients = [...idle.values()].flat();
  idle.clear();
  await Promise.all(clients.map((client) => client.end()));
}

/** Runs a query on a server and answers its rows as bytes. */
export const heavyTask = defineTask({
  name: "heavy_query",
  module: import.meta.url,
  threadClass: "query",
  run: runHeavy,
});

function unreachable(error: unknown): HeavyTaskOutput {
  const cause = error instanceof AggregateError ? error.errors[0] : error;
  const { name, message, code } = cause as Error & { code?: string };
  return { unreachable: { name, message, code: code ?? null } };
}

async function runHeavy(
  input: HeavyTaskInput,
  context: TaskContext,
): Promise<HeavyTaskOutput> {
  const tell = (update: HeavyTaskUpdate): void => context.progress(update);
  tell({ kind: "started", at: performance.timeOrigin + performance.now() });
  const { url, sql, parameters, format } = input;
  let client: pg.Client;
  try {
    client = await takeClient(url);
  } catch (error) {
    return unreachable(error);
  }
  try {
    context.signal.throwIfAborted();
    await client.query(
      `begin read only; set local statement_timeout = ${
        Math.max(1, Math.ceil(input.timeoutMs))
      }; set local application_name = ${
        client.escapeLiteral(input.applicationName)
      }`,
    );
  } catch (error) {
    drop(url, client);
    context.signal.throwIfAborted();
    return unreachable(error);
  }

  const bytes = new RowBytes(format, "columns");
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const first = Promise.withResolvers<void>();
  let wake: (() => void) | undefined;
  let over = false;
  let failure: unknown;
  let parkedMs = 0;
  let parkedAt: number | undefined;
  const submitted = performance.now();

  const cut = (least: number): void => {
    if (bytes.waiting < least) return;
    chunks.push(bytes.take());
    first.resolve();
    wake?.();
  };
  const query: RowQuery = runRowQuery(client, {
    sql: heavySql(sql, format, "columns"),
    parameters,
    maxRows: format === "raw" ? 1 : 0,
    bytes,
    onRows() {
      cut(chunkBytes);
      const full = chunks.length >= maxWaiting;
      if (full) parkedAt ??= performance.now();
      return full;
    },
  });
  const stop = (reason: unknown): void => {
    if (over) return;
    over = true;
    failure = reason;
    drop(url, client);
    first.resolve();
    wake?.();
  };
  const onAbort = (): void => stop(context.signal.reason);
  context.signal.addEventListener("abort", onAbort, { once: true });
  if (context.signal.aborted) onAbort();
  query.done.then(async () => {
    bytes.end();
    cut(1);
    tell({
      kind: "figures",
      execution_ms: Math.max(
        0,
        performance.now() - submitted - parkedMs - query.decodeMs,
      ),
      decode_ms: query.decodeMs,
      rows: bytes.rows,
      bytes: bytes.total,
    });
    await client.query("commit");
    if (!over) keepClient(url, client);
  }, async (error: unknown) => {
    failure ??= error;
    if (over) return;
    await client.query("rollback");
    keepClient(url, client);
  }).catch(() => drop(url, client)).finally(() => {
    over = true;
    context.signal.removeEventListener("abort", onAbort);
    first.resolve();
    wake?.();
  });

  await first.promise;
  if (failure !== undefined && chunks.length === 0) {
    if (failure instanceof pg.DatabaseError) {
      return { refused: { ...failure, message: failure.message } };
    }
    context.signal.throwIfAborted();
    return unreachable(failure);
  }
  return {
    body: new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(controller) {
        if (chunks.length === 0 && !over) {
          await new Promise<void>((resolve) => wake = resolve);
        }
        const chunk = chunks.shift();
        if (parkedAt !== undefined && chunks.length < maxWaiting) {
          parkedMs += performance.now() - parkedAt;
          parkedAt = undefined;
          query.resume();
        }
        if (chunk !== undefined) controller.enqueue(chunk);
        else if (failure !== undefined) controller.error(failure);
        if (over && failure === undefined && chunks.length === 0) {
          controller.close();
        }
      },
      cancel: stop,
    }, { highWaterMark: 0 }),
  };
}
