import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** How a process ended. */
export interface ServerEnd {
  code: number;
  /** Milliseconds from the last signal sent by the test. */
  ms: number;
}

/** A server process of a test's own, which may not listen yet. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  /** Lines of its log so far, parsed. */
  readonly log: Record<string, unknown>[];
  /** The last lines that it has printed. */
  printed(): string;
  /** Resolves with its address; rejects when it ends before it listens. */
  readonly listening: Promise<string>;
  signal(name: Deno.Signal): void;
  /** Resolves when it has ended and all that it printed was read. */
  readonly ended: Promise<ServerEnd>;
}

/** A server process of a test's own, listening. */
export interface TestServer extends ServerProcess {
  readonly url: string;
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
  /** @default {"run"} */
  command?: "run" | "serve";
  /** Arguments between command and `main.ts`. @default {["-P=serve"]} */
  flags?: readonly string[];
  /** The program; it prints a line of JSON with `where`. @default {main.ts} */
  main?: URL;
}

/** Starts `main.ts` as a process on a free port. */
export function spawnServer(options: ServerOptions = {}): ServerProcess {
  const [command, ...rest] = options.deno ?? [Deno.execPath()];
  const child = new Deno.Command(command!, {
    args: [
      ...rest,
      options.command ?? "run",
      ...options.flags ?? ["-P=serve"],
      options.main === undefined ? "main.ts" : fileURLToPath(options.main),
    ],
    cwd: ROOT,
    env: { PORT: "0", LOG_FORMAT: "json", NO_COLOR: "1", ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const log: Record<string, unknown>[] = [];
  const printed: string[] = [];
  const listening = Promise.withResolvers<string>();
  // Not every test asks for it.
  listening.promise.catch(() => {});
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
  let running = true;
  let signalled = performance.now();
  const ended = child.status.then(async ({ code }) => {
    running = false;
    const ms = performance.now() - signalled;
    await reading;
    listening.reject(
      new Error(
        `The server ended with ${code} before it listened:\n${
          printed.join("\n")
        }`,
      ),
    );
    return { code, ms };
  });
  const signal = (name: Deno.Signal) => {
    signalled = performance.now();
    if (running) child.kill(name);
  };
  return {
    pid: child.pid,
    log,
    printed: () => printed.join("\n"),
    listening: listening.promise,
    signal,
    ended,
    async [Symbol.asyncDispose]() {
      signal("SIGKILL");
      await ended;
    },
  };
}

/**
 * Starts `main.ts` as a process on a free port and waits until it listens.
 *
 * @throws {Error} It ended before it listened; with what it printed.
 */
export async function startServer(
  options: ServerOptions = {},
): Promise<TestServer> {
  const server = spawnServer(options);
  const url = await server.listening.catch(async (error) => {
    await server.ended;
    throw error;
  });
  return {
    ...server,
    url,
    async json<T>(path: string, init?: RequestInit) {
      const response = await fetch(`${url}${path}`, init);
      return await response.json() as T;
    },
    async kill() {
      server.signal("SIGKILL");
      await server.ended;
    },
    async stop() {
      server.signal("SIGTERM");
      return (await server.ended).code;
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
