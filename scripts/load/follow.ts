import { EventSourceParserStream } from "eventsource-parser/stream";
import type { JobEvent, JobRecord } from "../../src/jobs/types.ts";
import { type Api, explain, ServerError } from "./api.ts";
import type { BarState } from "./bar.ts";

/** Options of {@linkcode followJob}. */
export interface FollowOptions {
  signal: AbortSignal;
  onProgress: (state: BarState) => void;
  /** The connection was lost, or is back. */
  onConnection: (text: string) => void;
  /**
   * Gives up when no server has answered for so long, milliseconds.
   *
   * @default {300_000}
   */
  patienceMs?: number;
  /**
   * Before it connects again, milliseconds; twice as long each time up to 5 s.
   *
   * @default {500}
   */
  pauseMs?: number;
}

/** The server sends a comment every 15 s: three of them missing is silence. */
const silenceMs = 45_000;
const longestPauseMs = 5_000;

const endings = new Set(["succeeded", "failed", "cancelled"]);

function stateOf(
  job: Pick<JobRecord, "state" | "progress" | "attempts"> & {
    cancelling?: boolean;
  },
): BarState {
  const { state, progress, attempts, cancelling } = job;
  return {
    ...progress,
    doing: cancelling
      ? "cancelling"
      : state === "running"
      ? progress.doing
      : state,
    ...(attempts > 1 ? { attempt: attempts } : {}),
  };
}

/** The job is not there: no use to ask again. */
class GoneError extends ServerError {}

/**
 * Follows a job until it is over, over as many connections as that takes: a
 * server may be started again meanwhile.
 *
 * @returns The job's last record.
 * @throws {ServerError} There is no such job, or no server for too long.
 */
export async function followJob(
  api: Api,
  id: string,
  options: FollowOptions,
): Promise<JobRecord> {
  const { signal, patienceMs = 300_000, pauseMs = 500 } = options;
  const position: Position = { lastId: undefined };
  let heardAt = performance.now();
  let failures = 0;
  for (;;) {
    try {
      const job = await followOnce(api, id, {
        ...options,
        position,
        onHeard() {
          if (failures > 1) options.onConnection("The server is back");
          failures = 0;
          heardAt = performance.now();
        },
      });
      if (job !== undefined) return job;
    } catch (error) {
      if (signal.aborted || error instanceof GoneError) throw error;
      if (performance.now() - heardAt > patienceMs) {
        throw new ServerError(
          `No server has answered at ${api.server.origin} for ${
            Math.round(patienceMs / 1000)
          } s; the load goes on with it: deno task load --follow ${id}`,
          { cause: error },
        );
      }
    }
    if (++failures === 2) {
      options.onConnection("The server does not answer; trying again");
    }
    await pause(
      Math.min(longestPauseMs, pauseMs * 2 ** Math.min(failures - 1, 10)),
      signal,
    );
  }
}

/** What the server is told when it is asked again. */
interface Position {
  lastId: string | undefined;
}

/** Follows over one connection; undefined: it has ended before the job. */
async function followOnce(
  api: Api,
  id: string,
  options: FollowOptions & { position: Position; onHeard: () => void },
): Promise<JobRecord | undefined> {
  const { position, onProgress } = options;
  const silent = new AbortController();
  let timer = setTimeout(() => silent.abort(), silenceMs);
  const heard = () => {
    options.onHeard();
    clearTimeout(timer);
    timer = setTimeout(() => silent.abort(), silenceMs);
  };
  const signal = AbortSignal.any([options.signal, silent.signal]);
  try {
    const response = await api.fetch(`/api/jobs/${id}/events`, {
      signal,
      headers: {
        accept: "text/event-stream",
        ...(position.lastId === undefined
          ? {}
          : { "last-event-id": position.lastId }),
      },
    });
    if (response.status === 204) {
      return await api.json<JobRecord>(`/api/jobs/${id}`);
    }
    if (response.status === 404 || response.status === 401) {
      throw new GoneError(await explain(response));
    }
    if (!response.ok) throw new ServerError(await explain(response));
    heard();
    const messages = response.body!
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream({ onComment: heard }));
    for await (const { event, id, data } of messages) {
      heard();
      if (id !== undefined) position.lastId = id;
      if (event === "snapshot") {
        const job = JSON.parse(data) as JobRecord;
        if (endings.has(job.state)) return job;
        onProgress(stateOf(job));
      } else if (endings.has(event ?? "")) {
        const { record } = JSON.parse(data) as { record?: JobRecord };
        if (record) return record;
      } else if (event !== "missed") {
        const { type, data: known } = JSON.parse(data) as JobEvent;
        onProgress(stateOf({ ...known, cancelling: type === "cancelling" }));
      }
    }
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal.addEventListener("abort", abort);
  });
}
