import { deepEqual, equal, match } from "node:assert/strict";
import { openWatched, until, type Watched } from "./_watching_fixture.ts";

interface Received {
  event: string;
  id: number | undefined;
  // deno-lint-ignore no-explicit-any -- whatever the server sent
  data: any;
}

/** Reads a stream of events as they come. */
function readEvents(response: Response) {
  const reader = response.body!.pipeThrough(new TextDecoderStream())
    .getReader();
  let rest = "";
  const comments: string[] = [];
  const messages: Received[] = [];
  let ended = false;
  const fill = async () => {
    const { done, value } = await reader.read();
    if (done) {
      ended = true;
      return;
    }
    const parts = (rest + value).split("\n\n");
    rest = parts.pop()!;
    for (const part of parts) {
      if (part.startsWith(":")) {
        comments.push(part);
        continue;
      }
      const fields = Object.fromEntries(
        part.split("\n").map((line) => {
          const at = line.indexOf(": ");
          return [line.slice(0, at), line.slice(at + 2)];
        }),
      );
      if (fields.retry !== undefined) {
        comments.push(part);
        continue;
      }
      messages.push({
        event: fields.event!,
        id: fields.id === undefined ? undefined : Number(fields.id),
        data: JSON.parse(fields.data!),
      });
    }
  };
  return {
    comments,
    async next(): Promise<Received | undefined> {
      while (messages.length === 0 && !ended) await fill();
      return messages.shift();
    },
    async comment() {
      while (comments.length === 0) await fill();
      return comments.shift();
    },
    leave: () => reader.cancel(),
  };
}

async function follow(
  watched: Watched,
  id: string,
  options: { after?: number; header?: Record<string, string> } = {},
) {
  const query = options.after === undefined ? "" : `?after=${options.after}`;
  const response = await fetch(`${watched.url}/api/jobs/${id}/events${query}`, {
    headers: options.header ?? {},
  });
  return { response, ...readEvents(response) };
}

for (const engine of ["pglite", "postgres"] as const) {
  Deno.test(`GET /api/jobs/:id/events tells a job to its end on ${engine}`, async () => {
    await using watched = await openWatched({ engine });
    const id = await watched.insert();
    const other = await watched.insert();
    const stream = await follow(watched, id);
    equal(stream.response.status, 200);
    equal(stream.response.headers.get("content-type"), "text/event-stream");
    equal(stream.response.headers.get("cache-control"), "no-store");
    equal(stream.response.headers.get("x-accel-buffering"), "no");
    const snapshot = await stream.next();
    equal(snapshot?.event, "snapshot");
    equal(snapshot?.data.id, id);
    equal(snapshot?.data.state, "queued");
    match(stream.comments[0]!, /retry: \d+/);

    await watched.setState(id, "running");
    await watched.progress(other, 7);
    await watched.progress(id, 1);
    equal((await stream.next())?.event, "started");
    const progress = await stream.next();
    equal(progress?.event, "progress");
    equal(progress?.data.data.progress.done, 1);
    equal(progress?.data.seq, progress?.id);
    await watched.setState(id, "succeeded");
    const last = await stream.next();
    equal(last?.event, "succeeded");
    equal(last?.data.record.state, "succeeded");
    equal(last?.data.record.id, id);
    equal(await stream.next(), undefined);
  });
}

Deno.test("GET /api/jobs/:id/events goes on after the deadline of requests", async () => {
  await using watched = await openWatched({ deadlineMs: 2_000 });
  const id = await watched.insert();
  const stream = await follow(watched, id);
  equal((await stream.next())?.event, "snapshot");
  await new Promise((resolve) => setTimeout(resolve, 2_200));
  await watched.progress(id, 1);
  equal((await stream.next())?.event, "progress");
  await stream.leave();
});

Deno.test("GET /api/jobs/:id/events goes on where the client was", async () => {
  await using watched = await openWatched();
  const id = await watched.insert();
  await watched.setState(id, "running");
  for (let done = 1; done <= 5; done++) await watched.progress(id, done);
  // 1 queued, 2 started, 3 to 7 progress
  const byHeader = await follow(watched, id, {
    header: { "last-event-id": "5" },
  });
  const told = [await byHeader.next(), await byHeader.next()];
  deepEqual(told.map((it) => [it?.id, it?.event]), [
    [6, "progress"],
    [7, "progress"],
  ]);
  await byHeader.leave();
  const byQuery = await follow(watched, id, { after: 6 });
  equal((await byQuery.next())?.id, 7);
  await byQuery.leave();
  // A browser that comes again sends both.
  const both = await follow(watched, id, {
    after: 1,
    header: { "last-event-id": "6" },
  });
  equal((await both.next())?.id, 7);
  await both.leave();
  const junk = await follow(watched, id, {
    header: { "last-event-id": "what?" },
  });
  equal((await junk.next())?.event, "snapshot");
  await junk.leave();
});

Deno.test("GET /api/jobs/:id/events says what the log has no longer", async () => {
  await using watched = await openWatched();
  const id = await watched.insert();
  await watched.setState(id, "running");
  for (let done = 1; done <= 5; done++) await watched.progress(id, done);
  await watched.test.engine.executeSql("delete from job_events where seq < 6");
  const stream = await follow(watched, id, { after: 2 });
  const missed = await stream.next();
  equal(missed?.event, "missed");
  deepEqual(missed?.data, {
    reason: "retention",
    after: 2,
    oldest: 6,
    count: null,
  });
  const snapshot = await stream.next();
  equal(snapshot?.event, "snapshot");
  equal(snapshot?.data.progress.done, 5);
  await stream.leave();
  // The log of a backup does not have that number yet.
  const ahead = await follow(watched, id, { after: 1_000 });
  equal((await ahead.next())?.event, "missed");
  equal((await ahead.next())?.event, "snapshot");
  await ahead.leave();
});

Deno.test("GET /api/jobs/:id/events gives a client that is far behind the newest progress", async () => {
  await using watched = await openWatched();
  const id = await watched.insert();
  await watched.setState(id, "running");
  await watched.test.engine.executeSql(`do $$ begin
    for done in 1..450 loop
      update jobs set progress = json_build_object('done', done);
    end loop; end $$`);
  await watched.setState(id, "failed");
  const stream = await follow(watched, id, { after: 1 });
  let missed = 0;
  const told: number[] = [];
  for (let it = await stream.next(); it !== undefined;) {
    if (it.event === "missed") {
      equal(it.data.reason, "slow_reader");
      missed += it.data.count;
    } else told.push(it.id!);
    it = await stream.next();
  }
  // Two batches of 200 with one progress each; the rest is told in full.
  equal(missed + told.length, 452);
  equal(told.at(-1), 453);
  equal(missed, 198 + 199);
});

Deno.test("GET /api/jobs/:id/events keeps a browser away from a job that is over", async () => {
  await using watched = await openWatched();
  const id = await watched.insert();
  await watched.setState(id, "cancelled");
  const stream = await follow(watched, id);
  const snapshot = await stream.next();
  equal(snapshot?.event, "snapshot");
  equal(snapshot?.data.state, "cancelled");
  equal(await stream.next(), undefined);
  const again = await fetch(`${watched.url}/api/jobs/${id}/events`, {
    headers: { "last-event-id": String(snapshot?.id) },
  });
  equal(again.status, 204);
  equal(await again.text(), "");
});

Deno.test("GET /api/jobs/:id/events does not know a job", async () => {
  await using watched = await openWatched();
  for (const id of ["nonsense", crypto.randomUUID()]) {
    const response = await fetch(`${watched.url}/api/jobs/${id}/events`);
    equal(response.status, 404);
    match((await response.json()).detail, /There is no job/);
  }
  const id = await watched.insert();
  const bad = await fetch(`${watched.url}/api/jobs/${id}/events?after=-1`);
  equal(bad.status, 400);
  await bad.body?.cancel();
});

Deno.test("GET /api/jobs/:id/events is heard of in silence, and ends with the server", async () => {
  await using watched = await openWatched({ heartbeatMs: 20 });
  const id = await watched.insert();
  const stream = await follow(watched, id);
  equal((await stream.next())?.event, "snapshot");
  stream.comments.length = 0;
  equal(await stream.comment(), ": still here");
  equal(await stream.comment(), ": still here");
  watched.stopping.abort();
  equal(await stream.next(), undefined);
});

Deno.test("GET /api/jobs/:id/events frees what a client that left has held", async () => {
  await using watched = await openWatched({ heartbeatMs: 3_600_000 });
  const id = await watched.insert();
  const streams = await Promise.all(
    Array.from({ length: 20 }, () => follow(watched, id)),
  );
  for (const stream of streams) await stream.next();
  await until("all follow", () => watched.waiting() === 20);
  for (const stream of streams) await stream.leave();
  await until("nobody follows", () => watched.waiting() === 0);
});
