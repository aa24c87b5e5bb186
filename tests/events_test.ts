import { deepEqual, equal, ok } from "node:assert/strict";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { startPostgres } from "./helpers/postgres.ts";
import { startLoad, startServer, type TestServer } from "./helpers/server.ts";

interface Told {
  id: number;
  event: string;
  state: string;
}

/** Follows a job until it is over, or `enough` was told. */
async function follow(
  server: TestServer,
  job: string,
  options: { after?: number; enough?: number },
): Promise<{ told: Told[]; over: boolean }> {
  const { after, enough = Infinity } = options;
  const response = await fetch(`${server.url}/api/jobs/${job}/events`, {
    signal: AbortSignal.timeout(120_000),
    headers: after === undefined ? {} : { "last-event-id": String(after) },
  });
  equal(response.status, 200);
  const told: Told[] = [];
  const messages = response.body!
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (const { event, id, data } of messages) {
    const message = JSON.parse(data);
    told.push({
      id: Number(id),
      event: event!,
      state: message.state ?? message.data.state,
    });
    if (message.record !== undefined) {
      equal(message.record.id, job);
      ok(message.record.report.rows > 0);
      return { told, over: true };
    }
    if (told.length >= enough) break;
  }
  return { told, over: false };
}

async function writeRows(path: string, rows: number): Promise<void> {
  const lines = Array.from({ length: rows }, (_, i) => `ROW${i},1`);
  await Deno.writeTextFile(path, lines.join("\n") + "\n");
}

/** Tells in one stream what several have told, and that nothing is twice. */
function joined(parts: Told[][]): number[] {
  const ids = parts.flat().filter(({ event }) => event !== "snapshot")
    .map(({ id }) => id);
  deepEqual(ids, [...new Set(ids)].sort((a, b) => a - b));
  return ids;
}

/** The events after a number, as a client that was never away is told them. */
async function whole(server: TestServer, job: string, after: number) {
  const { told } = await follow(server, job, { after });
  return told.map(({ id }) => id);
}

Deno.test("GET /api/jobs/:id/events goes on after the server was killed and started again", async () => {
  const folder = await Deno.makeTempDir({ prefix: "loophound-events-" });
  const env = {
    DATA_DIR: `${folder}/data`,
    ALLOWED_ROOTS: folder,
    SAMPLE_DATA: "off",
  };
  try {
    const path = `${folder}/tpm.csv`;
    await writeRows(path, 40_000);
    const first = await startServer({ env });
    let job: string;
    let before: Told[];
    try {
      job = await startLoad(first, "descartes", { path, part: "tpm" });
      ({ told: before } = await follow(first, job, { enough: 3 }));
    } finally {
      await first.kill();
    }
    equal(before[0]?.event, "snapshot");
    await using second = await startServer({ env });
    const last = before.at(-1)!.id;
    const { told: after, over } = await follow(second, job, { after: last });
    ok(over);
    equal(after.at(-1)?.event, "succeeded");
    // It was taken up again by the second server.
    ok(after.some(({ event }) => event === "started"));
    deepEqual(
      joined([before, after]),
      await whole(second, job, before[0]!.id),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("GET /api/jobs/:id/events tells at one server of a job at another", async () => {
  const folder = await Deno.makeTempDir({ prefix: "loophound-events-" });
  await using postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase();
  const env = (name: string) => ({
    DATA_DIR: `${folder}/${name}`,
    ALLOWED_ROOTS: folder,
    SAMPLE_DATA: "off",
    DATABASE_URL: databaseUrl,
  });
  try {
    const path = `${folder}/tpm.csv`;
    await writeRows(path, 400_000);
    await using loading = await startServer({ env: env("a") });
    await using other = await startServer({ env: env("b") });
    const job = await startLoad(loading, "descartes", { path, part: "tpm" });
    const { told: here } = await follow(loading, job, { enough: 2 });
    const last = here.at(-1)!.id;
    const { told: there, over } = await follow(other, job, { after: last });
    ok(over);
    equal(there.at(-1)?.event, "succeeded");
    deepEqual(joined([here, there]), await whole(loading, job, here[0]!.id));

    const socket = new WebSocket(
      `${other.url.replace("http", "ws")}/api/progress/ws`,
    );
    const told: string[] = [];
    const completed = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    socket.onclose = () => closed.resolve();
    socket.onmessage = ({ data }) => {
      const { type, source } = JSON.parse(data);
      told.push(type);
      if (type === "initial_status") {
        startLoad(loading, "descartes", { path, part: "tpm", dry_run: true })
          .catch(completed.reject);
      }
      if (type === "task_completed" && source === "descartes") {
        completed.resolve();
      }
    };
    await completed.promise;
    ok(told.includes("task_started"));
    socket.close();
    await closed.promise;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
