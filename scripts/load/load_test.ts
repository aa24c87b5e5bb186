import { deepEqual, equal, match, rejects, throws } from "node:assert/strict";
import type { JobRecord } from "../../src/jobs/types.ts";
import { findSource, openApi, ServerError } from "./api.ts";
import { readArguments, UsageError } from "./arguments.ts";
import { followJob } from "./follow.ts";
import { summarize } from "./summary.ts";

const none = { token: undefined };

Deno.test("readArguments() reads source, file, fields and options", () => {
  deepEqual(
    readArguments(
      ["descartes", "a.csv", "part=tpm", "note=a=b", "--dry-run"],
      { token: "secret" },
    ),
    {
      server: new URL("http://127.0.0.1:8000"),
      token: "secret",
      cancelOnInterrupt: false,
      what: {
        source: "descartes",
        file: "a.csv",
        fields: { part: "tpm", note: "a=b" },
        dryRun: true,
        byPath: false,
      },
    },
  );
  deepEqual(readArguments(["--follow", "x"], none)?.what, { follow: "x" });
  equal(readArguments(["--help"], none), undefined);
});

Deno.test("readArguments() says what is wrong", () => {
  const cases: [string[], RegExp][] = [
    [[], /source is missing/],
    [["descartes"], /file is missing/],
    [["descartes", "a.csv", "tpm"], /Cannot read "tpm": it takes field=value/],
    [["a", "b", "--server", "nowhere"], /Cannot read --server "nowhere"/],
    [["a", "b", "--speed", "9"], /--speed/],
    [["a", "b", "--follow", "x"], /at once/],
  ];
  for (const [args, message] of cases) {
    throws(() => readArguments(args, none), (error) => {
      match((error as Error).message, message);
      return error instanceof UsageError;
    });
  }
});

const job = {
  id: "1",
  kind: "load",
  source: "descartes",
  state: "running",
  progress: { done: 0, total: 10, rate: 0, doing: "loading", eta_s: null },
  attempts: 1,
  error: null,
  report: null,
  started_at: "2026-01-01T00:00:00.000Z",
  finished_at: "2026-01-01T00:00:01.500Z",
} as unknown as JobRecord;

Deno.test("summarize() tells what was done, and what was refused where", () => {
  const text = summarize({
    ...job,
    state: "succeeded",
    report: {
      bytes: 1_000,
      rows: 1_002,
      accepted: 1_000,
      rejected: 2,
      inserted: 1_000,
      updated: 0,
      unchanged: 0,
      duplicates: 0,
      unresolved: 0,
      removed: 0,
      reasons: [{
        reason: "value: not a number",
        count: 2,
        examples: [{ line: 7, column: 3, text: "A,b" }],
      }],
      sha256: "",
      dry_run: false,
      cpu_s: 0,
      peak_rss_mb: 0,
      loop: { p999_ms: 1.25, max_ms: 3, blocks: 0 },
    },
  });
  equal(
    text,
    `Loaded descartes in 1.5 s
  1,002 rows of 1.0 kB: 1,000 accepted, 2 rejected
  1,000 inserted
  2 × value: not a number
    line 7, column 3: A,b
  The server's loop meanwhile: p99.9 1.3 ms, longest 3.0 ms, 0 blocks`,
  );
  equal(
    summarize({
      ...job,
      state: "failed",
      error: {
        name: "InputError",
        message: "line 3: no comma",
        line: 3,
        cause: { name: "Error", message: "why" },
      },
    }),
    "The load of descartes failed: line 3: no comma\n  caused by Error: why",
  );
  match(summarize({ ...job, state: "cancelled" }), /was cancelled/);
});

/** A server that answers requests with one response after the other. */
function serve(answers: ((request: Request) => Response)[]) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) =>
      answers.shift()?.(request) ?? new Response(null, { status: 500 }),
  );
  const url = new URL(`http://127.0.0.1:${server.addr.port}`);
  return {
    api: openApi({ server: url, token: "secret" }),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function events(...texts: string[]): Response {
  return new Response(texts.join(""), {
    headers: { "content-type": "text/event-stream" },
  });
}

Deno.test("followJob() goes on over connections that end", async () => {
  const asked: (string | null)[] = [];
  const note = (request: Request) => {
    equal(request.headers.get("authorization"), "Bearer secret");
    asked.push(request.headers.get("last-event-id"));
  };
  const progress = (id: number, done: number) =>
    `event: progress\nid: ${id}\ndata: ${
      JSON.stringify({
        type: "progress",
        data: { ...job, progress: { ...job.progress, done } },
      })
    }\n\n`;
  await using server = serve([
    (request) => {
      note(request);
      return events(
        "retry: 1\n\n",
        `event: snapshot\nid: 4\ndata: ${JSON.stringify(job)}\n\n`,
        progress(5, 5),
      );
    },
    (request) => {
      note(request);
      return new Response("starting", { status: 503 });
    },
    (request) => {
      note(request);
      return new Response("starting", { status: 503 });
    },
    (request) => {
      note(request);
      const record = { ...job, state: "succeeded" };
      return events(
        ": still here\n\n",
        `event: missed\ndata: {"count": 3}\n\n`,
        progress(9, 9),
        `event: succeeded\nid: 10\ndata: ${JSON.stringify({ record })}\n\n`,
      );
    },
  ]);
  const shown: number[] = [];
  const said: string[] = [];
  const record = await followJob(server.api, "1", {
    signal: new AbortController().signal,
    onProgress: ({ done }) => shown.push(done),
    onConnection: (text) => said.push(text),
    pauseMs: 1,
  });
  equal(record.state, "succeeded");
  deepEqual(asked, [null, "5", "5", "5"]);
  deepEqual(shown, [0, 5, 9]);
  deepEqual(said, [
    "The server does not answer; trying again",
    "The server is back",
  ]);
});

Deno.test("followJob() stops where there is nothing to follow", async () => {
  await using server = serve([
    () => Response.json({ detail: 'There is no job "1"' }, { status: 404 }),
    () => new Response(null, { status: 204 }),
    () => Response.json({ ...job, state: "failed" }),
  ]);
  const options = {
    signal: new AbortController().signal,
    onProgress() {},
    onConnection() {},
    pauseMs: 1,
    patienceMs: 20,
  };
  await rejects(followJob(server.api, "1", options), /There is no job "1"/);
  equal((await followJob(server.api, "1", options)).state, "failed");
  // From here on the server fails.
  await rejects(
    followJob(server.api, "1", options),
    /No server has answered.*deno task load --follow 1/s,
  );
  await rejects(
    followJob(server.api, "1", {
      ...options,
      signal: AbortSignal.abort(new Error("Ctrl-C")),
    }),
    /Ctrl-C/,
  );
});

Deno.test("findSource() says that no server is there, or no such source", async () => {
  const port = (() => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    return listener.addr.port;
  })();
  const nowhere = openApi({
    server: new URL(`http://127.0.0.1:${port}`),
    token: undefined,
  });
  await rejects(findSource(nowhere, "descartes"), (error: Error) => {
    match(error.message, /No server answers at .*deno task serve/);
    return error instanceof ServerError;
  });
  const sources = () =>
    Response.json({ data: [{ name: "descartes", kind: "file", formats: [] }] });
  await using server = serve([sources, sources]);
  equal((await findSource(server.api, "descartes")).kind, "file");
  await rejects(
    findSource(server.api, "gtex"),
    /There is no source "gtex"; there are descartes/,
  );
});
