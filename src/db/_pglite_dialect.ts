import {
  type CompiledQuery,
  CompiledQuery as Compiled,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from "kysely";
import type { PgliteClient } from "./_pglite_client.ts";
import { statementPart } from "./_pglite_connection.ts";
import type { LightFigures } from "./engine_options.ts";

/**
 * Kysely on the embedded engine's port.
 *
 * Kysely's own `PGliteDialect` says that its database takes one connection, so
 * Kysely lets one query at a time leave the loop. Beside a load that would
 * cost every lookup a slice: while the answer of one travels to the loop and
 * the next is sent, the engine sees no lookup waiting and begins a slice. Here
 * all that wait are in the engine's queue at once; a transaction is a session
 * of the engine, so no other query gets into it.
 *
 * @param client Answers the client in use: another one after a restart.
 */
export function pgliteDialect(
  client: () => Promise<PgliteClient>,
  onQuery?: (figures: LightFigures) => void,
): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new PgliteDriver(client, onQuery),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

class PgliteDriver implements Driver {
  readonly #client: () => Promise<PgliteClient>;
  readonly #onQuery: ((figures: LightFigures) => void) | undefined;

  constructor(
    client: () => Promise<PgliteClient>,
    onQuery: ((figures: LightFigures) => void) | undefined,
  ) {
    this.#client = client;
    this.#onQuery = onQuery;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PgliteKyselyConnection> {
    return new PgliteKyselyConnection(await this.#client(), this.#onQuery);
  }

  beginTransaction(
    connection: PgliteKyselyConnection,
    settings: TransactionSettings,
  ): Promise<void> {
    const words = ["start transaction"];
    if (settings.isolationLevel !== undefined) {
      words.push(`isolation level ${settings.isolationLevel}`);
    }
    if (settings.accessMode !== undefined) words.push(settings.accessMode);
    return connection.begin(words.join(" "));
  }

  commitTransaction(connection: PgliteKyselyConnection): Promise<void> {
    return connection.end("commit");
  }

  rollbackTransaction(connection: PgliteKyselyConnection): Promise<void> {
    return connection.end("rollback");
  }

  async savepoint(
    connection: PgliteKyselyConnection,
    name: string,
  ): Promise<void> {
    await connection.executeQuery(Compiled.raw(`savepoint ${quoted(name)}`));
  }

  async rollbackToSavepoint(
    connection: PgliteKyselyConnection,
    name: string,
  ): Promise<void> {
    await connection.executeQuery(
      Compiled.raw(`rollback to savepoint ${quoted(name)}`),
    );
  }

  async releaseSavepoint(
    connection: PgliteKyselyConnection,
    name: string,
  ): Promise<void> {
    await connection.executeQuery(
      Compiled.raw(`release savepoint ${quoted(name)}`),
    );
  }

  releaseConnection(connection: PgliteKyselyConnection): Promise<void> {
    return connection.release();
  }

  async destroy(): Promise<void> {}
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

class PgliteKyselyConnection implements DatabaseConnection {
  readonly #client: PgliteClient;
  readonly #onQuery: ((figures: LightFigures) => void) | undefined;
  #session: number | undefined;

  constructor(
    client: PgliteClient,
    onQuery: ((figures: LightFigures) => void) | undefined,
  ) {
    this.#client = client;
    this.#onQuery = onQuery;
  }

  async begin(sql: string): Promise<void> {
    const session = this.#client.nextSession();
    await this.#client.turn([statementPart(sql)], {
      lane: "light",
      session,
      opens: true,
    });
    this.#session = session;
  }

  async end(sql: "commit" | "rollback"): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    this.#session = undefined;
    const { replies } = await this.#client.turn([statementPart(sql)], {
      lane: "light",
      session,
      closes: true,
    });
    // The server answers COMMIT with ROLLBACK when a statement had failed.
    if (sql === "commit" && replies[0]?.[0]?.command === "ROLLBACK") {
      throw new Error(
        "Cannot commit: a statement of the transaction had failed, so it was rolled back",
      );
    }
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { replies, figures } = await this.#client.turn(
      [statementPart(query.sql, query.parameters)],
      this.#session === undefined
        ? { lane: "light" }
        : { lane: "light", session: this.#session },
    );
    const result = replies[0]?.at(-1);
    const rows = (result?.rows ?? []) as R[];
    this.#onQuery?.({ sql: query.sql, rows: rows.length, ...figures });
    return result !== undefined &&
        /^(INSERT|UPDATE|DELETE|MERGE)$/.test(result.command)
      ? { rows, numAffectedRows: BigInt(result.affected) }
      : { rows };
  }

  // deno-lint-ignore require-yield -- it only refuses
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error(
      "Cannot stream rows on the light lane: give the query to the heavy lane",
    );
  }

  /** A transaction that was never ended is undone. */
  async release(): Promise<void> {
    if (this.#session !== undefined) await this.end("rollback");
  }
}
