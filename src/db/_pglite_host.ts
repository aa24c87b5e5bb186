// deno-lint-ignore-file loophound/no-async-in-name-only -- is the database's thread
import { PGlite } from "@electric-sql/pglite";
import {
  EngineEndedError,
  toPlainError,
  TransactionExpiredError,
} from "./errors.ts";
import { HeldStream } from "./_held_stream.ts";
import { Inbox } from "./_inbox.ts";
import { KeyedLocks } from "./_keyed_locks.ts";
import type {
  ClientMessage,
  HostMessage,
  StreamRequest,
  TurnRequest,
} from "./_pglite_protocol.ts";
import { unpackTemplate } from "./_template.ts";
import { TurnQueue } from "./_turn_queue.ts";
import { simpleQuery } from "./_wire_write.ts";
import { holdsError } from "./_wire_read.ts";

/** Options of {@linkcode openPgliteHost}. */
export interface HostOptions {
  /** Folder of the database. */
  folder: string;
  /** Counts turns begun and turns ended: who watches sees a stuck one. */
  turns: Int32Array;
  /** A transaction that spans turns may take this long, milliseconds. */
  sessionMs: number;
  /** Called when a client's port has closed. */
  onGone?: (client: number) => void;
}

/** The embedded engine where it lives, with its queue. */
export interface PgliteHost {
  readonly version: string;
  /** Serves a client through its port. */
  attach(client: number, port: MessagePort): void;
  /** Ends a client: its turns, streams, transaction and locks. */
  release(client: number): void;
  close(): Promise<void>;
}

const begin = simpleQuery("begin");
const commit = simpleQuery("commit");
const rollback = simpleQuery("rollback");

async function removeFolder(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error: unknown) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/**
 * Makes the database beside its place and moves it there when it is whole: a
 * process killed while it makes one leaves nothing that looks like one. It is
 * copied from the template; without one `initdb` makes it, which takes longer.
 */
async function createDatabase(folder: string): Promise<void> {
  const made = `${folder}.new`;
  await removeFolder(made);
  try {
    await unpackTemplate(made);
  } catch {
    await removeFolder(made);
    // loophound-allow npm:@electric-sql/pglite.PGlite.create: on the loop only with THREADS=inline, where the host has no threads
    const db = await PGlite.create({ dataDir: made });
    await db.close();
  }
  await Deno.rename(made, folder);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Opens the folder and serves clients until closed. */
export async function openPgliteHost(
  options: HostOptions,
): Promise<PgliteHost> {
  if (!await exists(options.folder)) await createDatabase(options.folder);
  // loophound-allow npm:@electric-sql/pglite.PGlite.create: on the loop only with THREADS=inline, where the host has no threads
  const db = await PGlite.create({ dataDir: options.folder });
  // loophound-allow npm:@electric-sql/pglite.PGlite.prototype.query: on the loop only with THREADS=inline, where the host has no threads
  const { rows } = await db.query<{ version: string }>(
    "select version() as version",
  );
  // What depends on settings reads the same on both engines.
  // loophound-allow npm:@electric-sql/pglite.PGlite.prototype.exec: on the loop only with THREADS=inline, where the host has no threads
  await db.exec(
    "set timezone = 'UTC'; set datestyle = 'ISO, MDY'; set intervalstyle = 'postgres'",
  );
  const inboxes = new Map<number, Inbox>();
  const queue = new TurnQueue(() => {
    for (const inbox of [...inboxes.values()]) inbox.drain();
  });
  const locks = new KeyedLocks();
  const streams = new Map<string, HeldStream>();
  let session: {
    client: number;
    id: number;
    timer: ReturnType<typeof setTimeout>;
  } | undefined;
  /** Sessions that were undone, so that their next turn is told why. */
  const expired = new Set<string>();
  let closed = false;

  const send = (client: number, message: HostMessage): void => {
    const transfer = message.kind === "done"
      ? message.data.map((part) => part.buffer as ArrayBuffer)
      : message.kind === "chunk"
      ? [message.chunk.buffer]
      : [];
    inboxes.get(client)?.port.postMessage(message, transfer);
  };

  const exec = (part: Uint8Array): Uint8Array => db.execProtocolRawSync(part);

  /** Runs in a turn of its own; a transaction must not outlive it. */
  const inTurn = <T>(work: () => T): T => {
    Atomics.add(options.turns, 0, 1);
    try {
      return work();
    } finally {
      if (session === undefined && db.isInTransaction()) exec(rollback);
      Atomics.add(options.turns, 1, 1);
    }
  };

  const endSession = (error: Error): void => {
    if (session === undefined) return;
    clearTimeout(session.timer);
    session = undefined;
    if (db.isInTransaction()) exec(rollback);
    queue.closeSession(error);
  };

  const openSession = (client: number, id: number): void => {
    const timer = setTimeout(() => {
      expired.add(`${client}:${id}`);
      endSession(
        new TransactionExpiredError(
          `The transaction was undone: it held the embedded database for over ${options.sessionMs} ms, and all else waited`,
        ),
      );
    }, options.sessionMs);
    session = { client, id, timer };
    queue.openSession(client, id);
  };

  const runTurn = (request: TurnRequest): Uint8Array[] => {
    const replies: Uint8Array[] = [];
    let failed = false;
    if (request.atomic) exec(begin);
    for (const part of request.parts) {
      const reply = exec(part);
      replies.push(reply);
      failed = holdsError(reply);
      if (failed) break;
    }
    if (request.atomic) {
      const reply = exec(failed ? rollback : commit);
      // A deferred constraint is checked by the commit.
      if (!failed && holdsError(reply)) replies.push(reply);
    }
    return replies;
  };

  const takeTurn = (client: number, request: TurnRequest): void => {
    const asked = performance.now();
    const fail = (error: Error): void =>
      send(client, {
        id: request.id,
        kind: "failed",
        error: toPlainError(error),
      });
    queue.push({
      lane: request.lane,
      client,
      id: request.id,
      session: request.opens ? undefined : request.session,
      fail,
      run() {
        const started = performance.now();
        const { session: id } = request;
        if (
          id !== undefined && !request.opens &&
          (session?.client !== client || session.id !== id)
        ) {
          const late = expired.has(`${client}:${id}`);
          fail(
            new TransactionExpiredError(
              late
                ? `The transaction was undone before this statement: it held the embedded database for over ${options.sessionMs} ms, and all else waited`
                : "The transaction has ended before this statement",
            ),
          );
          return;
        }
        if (request.opens && id !== undefined) openSession(client, id);
        const data = inTurn(() => runTurn(request));
        if (request.closes) endSession(new Error("The transaction has ended"));
        send(client, {
          id: request.id,
          kind: "done",
          data,
          figures: {
            queue_ms: started - asked,
            run_ms: performance.now() - started,
          },
        });
      },
    });
  };

  const takeStream = (client: number, request: StreamRequest): void => {
    const key = `${client}:${request.id}`;
    const stream: HeldStream = new HeldStream(request, {
      name: `held_${client}_${request.id}`,
      exec,
      send: (message) => send(client, message),
      schedule: (run) =>
        queue.push({
          lane: request.lane,
          client,
          id: request.id,
          session: undefined,
          run: () => inTurn(run),
          fail: (error) => stream.fail(error),
        }),
      onEnd: () => streams.delete(key),
    });
    streams.set(key, stream);
    stream.start();
  };

  const take = (client: number, message: ClientMessage): void => {
    switch (message.op) {
      case "turn":
        takeTurn(client, message);
        break;
      case "stream":
        takeStream(client, message);
        break;
      case "more":
        streams.get(`${client}:${message.id}`)?.more();
        break;
      case "cancel":
        queue.remove((turn) =>
          turn.client === client && turn.id === message.id
        );
        streams.get(`${client}:${message.id}`)?.cancel();
        locks.unlock(client, message.id);
        break;
      case "lock":
        locks.lock(message.name, {
          owner: client,
          id: message.id,
          granted: () =>
            send(client, {
              id: message.id,
              kind: "done",
              data: [],
              figures: { queue_ms: 0, run_ms: 0 },
            }),
        });
        break;
      case "unlock":
        locks.unlock(client, message.id);
        break;
      case "close":
        release(client);
    }
  };

  const release = (client: number): void => {
    const inbox = inboxes.get(client);
    if (inbox === undefined) return;
    inboxes.delete(client);
    queue.remove((turn) => turn.client === client);
    if (session?.client === client) {
      endSession(new Error("The client has gone"));
    }
    for (const [key, stream] of streams) {
      if (key.startsWith(`${client}:`)) stream.cancel();
    }
    for (const key of expired) {
      if (key.startsWith(`${client}:`)) expired.delete(key);
    }
    locks.release(client);
    inbox.port.close();
    options.onGone?.(client);
  };

  return {
    version: rows[0]?.version ?? "PostgreSQL (PGlite)",
    attach(client, port) {
      inboxes.set(
        client,
        new Inbox(port, {
          take: (message) => take(client, message),
          // The other side was closed or its thread is gone.
          onClose: () => release(client),
        }),
      );
    },
    release,
    async close() {
      if (closed) return;
      closed = true;
      const error = new EngineEndedError("The database was closed");
      endSession(error);
      queue.close(error);
      for (const stream of [...streams.values()]) stream.fail(error);
      for (const client of [...inboxes.keys()]) release(client);
      // loophound-allow npm:@electric-sql/pglite.PGlite.prototype.exec: on the loop only with THREADS=inline, where the host has no threads
      await db.exec("checkpoint");
      await db.close();
    },
  };
}
