import pg from "pg";
import { clientOptions } from "./_pg_client.ts";
import { parsePosition } from "./position.ts";

/** What a replica says of itself. */
export interface ReplicaAnswer {
  /** It replays another server's log. */
  standby: boolean;
  replayed: { text: string; position: bigint } | undefined;
  /** When the last commit that it replayed was made, by its maker's clock. */
  commitMs: number | undefined;
  /** Tells two running servers apart. */
  started: string;
  /** A cluster and its copies share it; undefined: the server does not say. */
  system: string | undefined;
}

/** One connection to a replica, made again when it has broken. */
export interface ReplicaClient extends AsyncDisposable {
  ask(): Promise<ReplicaAnswer>;
}

const text = `select pg_is_in_recovery() as standby,
  pg_last_wal_replay_lsn()::text as replayed,
  extract(epoch from pg_last_xact_replay_timestamp())::float8 * 1000
    as commit_ms,
  pg_postmaster_start_time()::text as started`;

/** Not `end()`: that waits for a server that does not answer. */
function destroy(client: pg.Client): void {
  (client as unknown as { connection: { stream: { destroy(): void } } })
    .connection.stream.destroy();
}

/** Anything that runs one query. */
export interface Querying {
  query(text: string): Promise<{ rows: Record<string, unknown>[] }>;
}

/** The cluster that a server belongs to, where it may be asked. */
export async function systemOf(server: Querying): Promise<string | undefined> {
  try {
    const { rows } = await server.query(
      "select system_identifier::text as system from pg_control_system()",
    );
    return rows[0]?.["system"] as string | undefined;
  } catch {
    return undefined;
  }
}

/** @param answerMs A server that has not answered after it counts as gone. */
export function replicaClient(url: string, answerMs: number): ReplicaClient {
  let client: pg.Client | undefined;
  let opening: Promise<pg.Client> | undefined;
  let system: string | undefined;

  const open = async (): Promise<pg.Client> => {
    const made = new pg.Client({
      ...clientOptions(url, "loophound replica"),
      connectionTimeoutMillis: answerMs,
    });
    // Without a listener a connection that breaks ends the program.
    made.on("error", () => {
      if (client === made) client = undefined;
      destroy(made);
    });
    try {
      await made.connect();
      system = await systemOf(made);
    } catch (error) {
      destroy(made);
      throw error;
    }
    return client = made;
  };
  const query = async (): Promise<ReplicaAnswer> => {
    const used = client ??
      await (opening ??= open().finally(() => opening = undefined));
    try {
      const { rows: [row] } = await used.query<{
        standby: boolean;
        replayed: string | null;
        commit_ms: number | null;
        started: string;
      }>(text);
      const position = parsePosition(row?.replayed ?? "");
      return {
        standby: row!.standby,
        replayed: position === undefined
          ? undefined
          : { text: row!.replayed!, position },
        commitMs: row!.commit_ms ?? undefined,
        started: row!.started,
        system,
      };
    } catch (error) {
      if (client === used) client = undefined;
      destroy(used);
      throw error;
    }
  };

  return {
    async ask() {
      const answer = query();
      answer.catch(() => {});
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          if (client !== undefined) destroy(client);
          client = undefined;
          reject(new Error(`it has not answered in ${answerMs} ms`));
        }, answerMs);
      });
      return await Promise.race([answer, late]).finally(() =>
        clearTimeout(timer)
      );
    },
    async [Symbol.asyncDispose]() {
      await opening?.catch(() => {});
      if (client !== undefined) destroy(client);
    },
  };
}
