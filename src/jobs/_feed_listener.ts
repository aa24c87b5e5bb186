import { getLogger } from "@logtape/logtape";
import type { Engine } from "../db/types.ts";

const logger = getLogger(["loophound", "jobs"]);

/** The channel of `note_job_event`, see migrations.ts. */
export const jobChannel = "loophound_jobs";

/** Keeps a connection that is told of new events. */
export interface Listener {
  /** Notices were shown to arrive, and the connection has not broken since. */
  readonly proved: boolean;
  /** Says that a notice did not come: the connection is made anew. */
  doubt(): void;
  close(): Promise<void>;
}

/** Options of {@linkcode startListener}. */
export interface ListenerOptions {
  engine: Pick<Engine, "executeSql"> & Required<Pick<Engine, "listen">>;
  /** Called with the number of a new event. */
  onNotice: (seq: number) => void;
  /** Called when `proved` has changed. */
  onChange: () => void;
  /** How long a notice to oneself may take, milliseconds. @default {3_000} */
  proofMs?: number;
  /**
   * Before it is tried again where notices do not arrive, milliseconds: behind
   * a connection pooler that will hardly change.
   *
   * @default {60_000}
   */
  retryMs?: number;
  /**
   * Before it connects again, milliseconds; twice as long each time up to
   * 30 s, and up to half as long again by chance, so that servers do not all
   * come at once.
   *
   * @default {250}
   */
  backoffMs?: number;
}

class NotProvedError extends Error {
  override name = "NotProvedError";
}

const maxBackoffMs = 30_000;

/**
 * Listens for notices of new events as long as it is open, and connects again
 * when the connection breaks.
 *
 * A connection pooler that lends a server connection per transaction
 * (PgBouncer's `pool_mode=transaction`) takes LISTEN without an error and then
 * delivers nothing. So each connection is first shown to work by a notice to
 * itself, sent over another connection.
 */
export function startListener(options: ListenerOptions): Listener {
  const { engine, proofMs = 3_000, retryMs = 60_000, backoffMs = 250 } =
    options;
  const closing = new AbortController();
  let proved = false;
  let drop: (error: Error) => void = () => {};
  let told = "";

  const set = (now: boolean) => {
    if (proved === now) return;
    proved = now;
    options.onChange();
  };
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        closing.signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      closing.signal.addEventListener("abort", done);
      if (closing.signal.aborted) done();
    });

  /** Listens until the connection is lost: rejects with why. */
  const listen = async () => {
    const lost = Promise.withResolvers<never>();
    lost.promise.catch(() => {});
    drop = lost.reject;
    closing.signal.addEventListener("abort", () => {
      lost.reject(new Error("The feed is closed"));
    }, { once: true });
    const hello = `hello ${crypto.randomUUID()}`;
    const heard = Promise.withResolvers<void>();
    await using _connection = await engine.listen(jobChannel, {
      onNotice(payload) {
        if (payload === hello) heard.resolve();
        const seq = Number(payload);
        if (Number.isSafeInteger(seq)) options.onNotice(seq);
      },
      onLost: lost.reject,
    });
    if (closing.signal.aborted) return;
    const late = setTimeout(() => {
      heard.reject(
        new NotProvedError(
          `A notice to itself did not arrive within ${proofMs} ms`,
        ),
      );
    }, proofMs);
    try {
      heard.promise.catch(() => {});
      await engine.executeSql("select pg_notify($1::text, $2::text)", [
        jobChannel,
        hello,
      ]);
      await Promise.race([heard.promise, lost.promise]);
    } finally {
      clearTimeout(late);
    }
    if (told !== "") logger.info("New events of jobs are told at once again");
    told = "";
    set(true);
    await lost.promise;
  };

  const work = async () => {
    for (let failures = 0; !closing.signal.aborted; failures++) {
      let wait: number;
      try {
        await listen();
        return;
      } catch (error) {
        if (closing.signal.aborted) return;
        if (proved) failures = 0;
        set(false);
        const unproved = error instanceof NotProvedError;
        wait = unproved ? retryMs : Math.min(
          maxBackoffMs,
          backoffMs * 2 ** Math.min(failures, 20),
        ) * (1 + Math.random() / 2);
        const message = unproved
          ? "LISTEN/NOTIFY does not work on this connection, as behind a pooler in transaction mode: new events of jobs are looked for while someone waits for them"
          : "The connection that listens for events of jobs is lost: they are looked for until it is there again";
        // Once for each thing that has happened, not for each try.
        if (told !== message) logger.warning(message, { error });
        told = message;
      }
      await pause(wait);
    }
  };
  const working = work();

  return {
    get proved() {
      return proved;
    },
    doubt() {
      drop(new Error("A notice did not come"));
    },
    async close() {
      closing.abort();
      await working;
      proved = false;
    },
  };
}
