import { resolve } from "node:path";
import type { JobRecord } from "../../src/jobs/types.ts";
import { type Api, explain, ServerError } from "./api.ts";
import { type LoadArguments, UsageError } from "./arguments.ts";
import type { BarState } from "./bar.ts";

/** Options of {@linkcode beginLoad}. */
export interface BeginOptions {
  /** Breaks an upload off: nothing is loaded then. */
  signal: AbortSignal;
  onUpload: (state: BarState) => void;
}

const uploadEveryMs = 100;

/** Counts the bytes that go by. */
function counted(
  total: number,
  onUpload: (state: BarState) => void,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  const began = performance.now();
  let done = 0;
  let told = 0;
  return new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk);
      done += chunk.byteLength;
      const now = performance.now();
      if (now - told < uploadEveryMs && done < total) return;
      told = now;
      const rate = Math.round(done / Math.max(0.001, (now - began) / 1000));
      const eta_s = rate > 0 ? (total - done) / rate : null;
      onUpload({ doing: "uploading", done, total, rate, eta_s });
    },
  });
}

/**
 * Hands the load to the server: the file itself, or where the server finds it.
 *
 * @returns The job that does it; an equal one that is already there, if so.
 * @throws {UsageError} The file cannot be read.
 * @throws {ServerError} The server refuses it.
 */
export async function beginLoad(
  api: Api,
  load: LoadArguments,
  options: BeginOptions,
): Promise<JobRecord> {
  const path = `/api/sources/${encodeURIComponent(load.source)}/load`;
  const query = new URLSearchParams(load.fields);
  if (load.dryRun) query.set("dry_run", "true");
  if (load.byPath) {
    return await api.json(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        ...Object.fromEntries(query),
        path: resolve(load.file),
      }),
      signal: options.signal,
    });
  }
  const file = await openFile(load.file);
  const { size } = await file.stat();
  const response = await api.fetch(`${path}?${query}`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: file.readable.pipeThrough(counted(size, options.onUpload)),
    signal: options.signal,
  }).catch((error) => {
    if (options.signal.aborted) throw error;
    throw new ServerError(
      `The server broke the upload off: ${
        error instanceof Error ? error.message : error
      }`,
      { cause: error },
    );
  });
  if (!response.ok) throw new ServerError(await explain(response));
  return await response.json() as JobRecord;
}

async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    if ((await Deno.stat(path)).isDirectory) {
      throw new UsageError(
        `Cannot upload "${path}": it is a folder. With --by-path the server reads it itself`,
      );
    }
    return await Deno.open(path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      `Cannot read "${path}": ${
        error instanceof Error ? error.message : error
      }`,
    );
  }
}
