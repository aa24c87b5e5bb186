import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A server process of a test's own. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** Lines of its log so far, parsed. */
  readonly log: Record<string, unknown>[];
  json<T = Record<string, unknown>>(
    path: string,
    init?: RequestInit,
  ): Promise<T>;
  /** Ends it as `kill -9` does, and waits until it is gone. */
  kill(): Promise<void>;
  /** Asks it to stop and answers its exit code. */
  stop(): Promise<number>;
}

/** Options of {@linkcode startServer}. */
export interface ServerOptions {
  env?: Record<string, string>;
  /** The Deno to run it with. @default {Deno.execPath()} */
  deno?: readonly string[];
  /** Arguments between `run` and `main.ts`. @default {["-P=serve"]} */
  flags?: readonly string[];
}

/**
 * Starts `main.ts` as a process on a free port and waits until it listens.
 *
 * @throws {Error} It ended before it listened; with what it printed.
 */
export async function startServer(
  options: ServerOptions = {},
): Promise<TestServer> {
  const [command, ...rest] = options.deno ?? [Deno.execPath()];
  const child = new Deno.Command(command!, {
    args: [...rest, "run", ...options.flags ?? ["-P=serve"], "main.ts"],
    cwd: ROOT,
    env: { PORT: "0", LOG_FORMAT: "json", ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const log: Record<string, unknown>[] = [];
  const printed: string[] = [];
  const listening = Promise.withResolvers<string>();
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        printed.push(line);
        if (printed.length > 500) printed.shift();
        if (!line.startsWith("{")) continue;
        const entry = JSON.parse(line) as Record<string, unknown>;
        log.push(entry);
        if (log.length > 5_000) log.shift();
        if (typeof entry.where === "string") listening.resolve(entry.where);
      }
    }
    printed.push(rest);
  };
  const reading = Promise.all([read(child.stdout), read(child.stderr)]);
  let ended = false;
  const status = child.status.then(async (status) => {
    ended = true;
    await reading;
    listening.reject(
      new Error(
        `The server ended with ${status.code} before it listened:\n${
          printed.join("\n")
        }`,
      ),
    );
    return status;
  });
  const end = async (signal: Deno.Signal) => {
    if (!ended) child.kill(signal);
    return (await status).code;
  };
  const url = await listening.promise.catch(async (error) => {
    await status;
    throw error;
  });
  return {
    url,
    pid: child.pid,
    log,
    async json<T>(path: string, init?: RequestInit) {
      const response = await fetch(`${url}${path}`, init);
      return await response.json() as T;
    },
    async kill() {
      await end("SIGKILL");
    },
    stop: () => end("SIGTERM"),
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
    },
  };
}

/** Posts a load by path and answers the job's id. */
export async function startLoad(
  server: TestServer,
  source: string,
  body: Record<string, unknown>,
): Promise<string> {
  const answer = await server.json<{ id?: string; detail?: string }>(
    `/api/sources/${source}/load`,
    {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    },
  );
  if (answer.id === undefined) throw new Error(`Cannot load: ${answer.detail}`);
  return answer.id;
}

/** A job as its route answers it, as far as tests look at it. */
export interface JobAnswer {
  id: string;
  state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  report: {
    rows: number;
    accepted: number;
    rejected: number;
    inserted: number;
    unresolved: number;
    peak_rss_mb: number;
    cpu_s: number;
    loop: { p999_ms: number; max_ms: number; blocks: number };
  } | null;
  error: { message: string; line: number | null } | null;
}

/** Asks every 100 ms until the job has ended. */
export async function waitForJob(
  server: TestServer,
  id: string,
): Promise<JobAnswer> {
  for (;;) {
    const job = await server.json<JobAnswer>(`/api/jobs/${id}`);
    if (job.state !== "queued" && job.state !== "running") return job;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
