import { abortable } from "./_abortable.ts";
import { embeddedBackend } from "./_embedded_publication.ts";
import type { PublicationBackend } from "./_publication_backend.ts";
import { serverBackend } from "./_server_publication.ts";
import { checkPublicationId } from "./_shadow_name.ts";
import type { Publication, PublicationOptions } from "./publication_types.ts";
import type { SqlConnection } from "./types.ts";

/**
 * Begins a set of changes that readers see at once or not at all.
 *
 * On a server (PostgreSQL 14 or newer) it is one transaction: files are copied
 * into a temporary stage and only rows that differ are written. A table
 * without a key that holds rows is filled anew beside the old one and put in
 * its place at the commit: readers are shut out for that moment alone, and a
 * transaction at REPEATABLE READ that began before sees all of the new rows.
 * Where views, foreign keys, grants or the like hang on it, its rows are
 * deleted instead, which takes about twice as long.
 *
 * On an embedded engine (PGlite) it is a series of
 * short turns into shadow tables, which take the place of the old ones at the
 * commit. Tables on which views, foreign keys, triggers or serial columns hang
 * are refused. What is done by way of `connection` itself is not undone there.
 * A killed process leaves shadows (`dropAbandonedShadows`) and rows
 * of `appendRows`, whose version nobody reads.
 *
 * Locks of several tables are best taken in one order everywhere: two
 * publications that take them crosswise wait until one of them is aborted.
 *
 * @example
 * ```ts
 * import { beginPublication, pgliteConnection } from "@loophound/toolkit/sql";
 * import { PGlite } from "@electric-sql/pglite";
 * import assert from "node:assert/strict";
 *
 * await using pglite = new PGlite();
 * await pglite.exec("create table genes (symbol text primary key, tpm float8)");
 * await using connection = pgliteConnection(pglite);
 * await using publication = await beginPublication(connection, { id: "load1" });
 * const counts = await publication.loadTable({
 *   table: "genes",
 *   columns: [{ name: "symbol", type: "text" }, { name: "tpm", type: "float8" }],
 *   key: ["symbol"],
 *   batches: async function* () {
 *     yield { bytes: new TextEncoder().encode("PKD1,1.5\nPKD1,2.5\n"), rows: 2 };
 *   }(),
 * });
 * await publication.commit();
 * assert.equal(counts.inserted, 1);
 * assert.equal(counts.duplicates, 1);
 * ```
 *
 * @param connection A connection that nobody else uses until it has ended.
 * @returns The publication; dispose of it: what was not committed is undone.
 * @throws {TypeError} The id is not one that a table's name can carry.
 */
export async function beginPublication(
  connection: SqlConnection,
  options: PublicationOptions,
): Promise<Publication> {
  const { id, dryRun = false, signal, sliceRows = 2000 } = options;
  checkPublicationId(id);
  if (!Number.isInteger(sliceRows) || sliceRows < 1) {
    throw new TypeError(
      `Cannot begin publication "${id}": sliceRows ${sliceRows} is not a whole number above 0`,
    );
  }
  signal?.throwIfAborted();
  const settings = { connection, id, dryRun, signal, sliceRows };
  const backend: PublicationBackend = connection.mode === "server"
    ? await serverBackend(settings)
    : embeddedBackend(settings);
  return openPublication(backend, { connection, id, dryRun, signal });
}

function openPublication(
  backend: PublicationBackend,
  settings: {
    connection: SqlConnection;
    id: string;
    dryRun: boolean;
    signal: AbortSignal | undefined;
  },
): Publication {
  const { connection, id, dryRun, signal } = settings;
  const locks = new Map<string, AsyncDisposable>();
  const replaced = new Set<string>();
  let state: "open" | "failed" | "ended" = "open";

  /** Once a step has failed nothing can be committed any more. */
  async function step<T>(what: string, run: () => Promise<T>): Promise<T> {
    if (state !== "open") {
      throw new Error(
        `Cannot ${what} in publication "${id}": it ${
          state === "ended" ? "has ended" : "failed before"
        }`,
      );
    }
    try {
      signal?.throwIfAborted();
      return await run();
    } catch (error) {
      state = "failed";
      throw error;
    }
  }

  async function takeLock(name: string): Promise<void> {
    if (locks.has(name)) return;
    const lock = await abortable(
      connection.lock(name, signal === undefined ? {} : { signal }),
      { signal, late: (late) => late[Symbol.asyncDispose]() },
    );
    locks.set(name, lock);
  }

  async function replace<T>(table: string, run: () => Promise<T>): Promise<T> {
    return await step(`load table "${table}"`, async () => {
      if (replaced.has(table)) {
        throw new Error(
          `Cannot load table "${table}" in publication "${id}": it was loaded in it before`,
        );
      }
      replaced.add(table);
      await takeLock(`table:${table}`);
      return await run();
    });
  }

  async function undo(): Promise<void> {
    // The connection may be gone, and with it all that was to be undone; what
    // an embedded engine leaves is dropped when it opens again. Either way
    // the error that led here is the one to tell.
    await backend.undo().catch(() => {});
    await freeLocks();
  }

  async function freeLocks(): Promise<void> {
    for (const lock of locks.values()) {
      await Promise.resolve(lock[Symbol.asyncDispose]()).catch(() => {});
    }
    locks.clear();
  }

  return {
    connection,
    name: (table) => backend.name(table),
    loadTable: (load) => replace(load.table, () => backend.loadTable(load)),
    rebuildTable: (rebuild) =>
      replace(rebuild.table, () => backend.rebuildTable(rebuild)),
    appendRows: (append) =>
      step(
        `append to table "${append.table}"`,
        () => backend.appendRows(append),
      ),
    lock: (name) => step(`lock "${name}"`, () => takeLock(name)),
    async commit(statements = []) {
      await step("commit", async () => {
        if (dryRun) await undo();
        else await backend.commit(statements);
      });
      state = "ended";
      await freeLocks();
    },
    async [Symbol.asyncDispose]() {
      if (state === "ended") return;
      state = "ended";
      await undo();
    },
  };
}
