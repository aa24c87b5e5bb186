import { deepEqual, equal, match, ok } from "node:assert/strict";
import { openWatched, until, type Watched } from "./_watching_fixture.ts";

// deno-lint-ignore no-explicit-any -- whatever the server sent
type Message = any;

/** A WebSocket client that keeps what it was told. */
async function connect(watched: Watched, path = "/api/progress/ws") {
  const socket = new WebSocket(`ws://127.0.0.1:${watched.port}${path}`);
  const messages: Message[] = [];
  const closed = Promise.withResolvers<CloseEvent>();
  socket.onmessage = ({ data }) => messages.push(JSON.parse(data));
  socket.onclose = closed.resolve;
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = (event) => reject((event as ErrorEvent).error);
  });
  let read = 0;
  return {
    socket,
    messages,
    closed: closed.promise,
    /** The next message of a type; what comes before it is passed over. */
    async next(type: string): Promise<Message> {
      for (;;) {
        await until(`a message ${type}`, () => messages.length > read);
        const message = messages[read++];
        if (message.type === type) return message;
      }
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed.promise;
    },
  };
}

const handshake = (host: string, more = "") =>
  new TextEncoder().encode(
    `GET /api/progress/ws HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`,
  );

/** A peer that speaks TCP only: it never answers a ping. */
async function connectRaw(watched: Watched): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({
    hostname: "127.0.0.1",
    port: watched.port,
  });
  await connection.write(handshake("127.0.0.1"));
  return connection;
}

/**
 * A peer that does not read, and one that does. 60 messages have been sent to
 * both: more than the kernel's own buffers take.
 */
async function connectSlow(watched: Watched) {
  const id = await watched.insert();
  await watched.setState(id, "running");
  const slow = await connectRaw(watched);
  const quick = await connect(watched);
  await quick.next("initial_status");
  const doing = "x".repeat(200_000);
  for (let done = 1; done <= 60; done++) {
    await watched.test.engine.executeSql(
      "update jobs set progress = $1::text::json",
      [JSON.stringify({ done, total: 60, rate: 0, eta_s: null, doing })],
    );
    await quick.next("progress_update");
  }
  return { id, slow, quick };
}

for (const engine of ["pglite", "postgres"] as const) {
  Deno.test(`/api/progress/ws tells how a source goes on ${engine}`, async () => {
    await using watched = await openWatched({ engine });
    await using client = await connect(watched);
    await using second = await connect(watched);
    const initial = await client.next("initial_status");
    equal(initial.data.length, 1);
    equal(initial.data[0].source_name, "test");
    equal(initial.data[0].status, "idle");
    equal(initial.data[0].category, "data_source");
    equal(initial.data[0].last_update_at, null);

    const id = await watched.insert();
    const queued = await client.next("status_change");
    equal(queued.source, "test");
    equal(queued.data.current_operation, "queued");
    await watched.setState(id, "running");
    const started = await client.next("task_started");
    equal(started.data.status, "running");
    equal(started.data.metadata.job_id, id);
    equal((await client.next("status_change")).data.status, "running");
    await watched.test.engine.executeSql(
      `update jobs set progress = '{"done": 50, "total": 200, "rate": 10, "doing": "loading", "eta_s": 15}'`,
    );
    const update = await client.next("progress_update");
    const [status] = update.data;
    equal(status.progress_percentage, 25);
    equal(status.percentage, 25);
    equal(status.current_item, 50);
    equal(status.total_items, 200);
    equal(status.current_operation, "loading");
    equal(
      Date.parse(status.estimated_completion) -
        Date.parse(status.last_update_at),
      15_000,
    );
    await watched.setState(id, "succeeded");
    const completed = await client.next("task_completed");
    equal(completed.data.status, "completed");
    equal(completed.data.progress_percentage, 100);
    ok(completed.data.completed_at);
    equal((await client.next("status_change")).data.status, "completed");
    await until(
      "the other was told too",
      () => second.messages.length === client.messages.length,
    );
    deepEqual(second.messages, client.messages);

    // One that comes now sees what has become of it.
    await using late = await connect(watched);
    const now = await late.next("initial_status");
    deepEqual(now.data[0], completed.data);
    const answer = await (await fetch(`${watched.url}/api/progress/status`))
      .json();
    equal(answer.data[0].status, "completed");
    deepEqual(answer.meta, { total_sources: 1, total_entries: 1 });
  });
}

Deno.test("/api/progress/ws shows the running job of a source, not the newest", async () => {
  await using watched = await openWatched();
  const running = await watched.insert();
  await watched.setState(running, "running");
  await watched.insert();
  const status =
    async () => (await (await fetch(`${watched.url}/api/progress/status/test`))
      .json());
  equal((await status()).data.metadata.job_id, running);
  await using client = await connect(watched);
  const initial = await client.next("initial_status");
  equal(initial.data[0].metadata.job_id, running);
  await watched.setState(running, "failed");
  equal((await client.next("task_failed")).data.status, "failed");
  equal((await status()).meta.source_name, "test");
  const dashboard = await (await fetch(`${watched.url}/api/progress/dashboard`))
    .json();
  equal(dashboard.data.summary.total_sources, 1);
  equal(dashboard.data.sources.length, 1);
  const none = await fetch(`${watched.url}/api/progress/status/none`);
  equal(none.status, 404);
  await none.body?.cancel();
});

Deno.test("/api/progress/ws follows only while somebody watches", async () => {
  await using watched = await openWatched();
  equal(watched.waiting(), 0);
  const clients = await Promise.all(
    Array.from({ length: 10 }, () => connect(watched)),
  );
  await clients[0]!.next("initial_status");
  await until("one follows for all", () => watched.waiting() === 1);
  for (const client of clients) await client[Symbol.asyncDispose]();
  await until("nobody follows", () => watched.waiting() === 0);
  await using again = await connect(watched);
  await again.next("initial_status");
  await until("it follows again", () => watched.waiting() === 1);
});

Deno.test("/api/progress/ws answers what clients say", async () => {
  // Looked at so seldom that 2,000 messages come between two looks.
  await using watched = await openWatched({ pingMs: 50, tickMs: 500 });
  await using client = await connect(watched);
  client.socket.send('{"type": "ping"}');
  await client.next("pong");
  client.socket.send("nonsense");
  match((await client.next("error")).detail, /JSON object/);
  client.socket.send("null");
  match((await client.next("error")).detail, /JSON object/);
  client.socket.send('{"type": "dance"}');
  match((await client.next("error")).detail, /no message "dance"/);
  client.socket.send(new Uint8Array([1]));
  match((await client.next("error")).detail, /text/);
  await client.next("ping");
  client.socket.send('{"type": "pong"}');
  await client.next("ping");

  await using long = await connect(watched);
  long.socket.send("x".repeat(5_000));
  // Deno's client may see the connection end before it has read why.
  match(String((await long.closed).code), /^(1009|1006|0)$/);
  await using loud = await connect(watched);
  for (let i = 0; i < 2_000; i++) loud.socket.send('{"type": "pong"}');
  match(String((await loud.closed).code), /^(1008|1006|0)$/);
});

Deno.test("/api/progress/ws says what a slow reader has missed", async () => {
  await using watched = await openWatched({ maxBufferedBytes: 20_000 });
  const { id, slow, quick } = await connectSlow(watched);
  await using _quick = quick;
  await watched.progress(id, 0);
  await quick.next("progress_update");
  // Now it reads: what was sent, then what it has missed, then all anew.
  const text = { all: "" };
  const reading = (async () => {
    for await (
      const chunk of slow.readable.pipeThrough(new TextDecoderStream("latin1"))
    ) {
      text.all += chunk;
    }
  })().catch(() => {});
  await until(
    "it was told",
    () =>
      /"type":"missed","count":\d+.*"type":"initial_status"/s.test(
        text.all.slice(-5_000),
      ),
  );
  const sent = text.all.split('"type":"progress_update"').length - 1;
  const missed = Number(/"type":"missed","count":(\d+)/.exec(text.all)![1]);
  equal(sent + missed, 61);
  ok(missed > 0);
  slow.close();
  await reading;
});

Deno.test("/api/progress/ws gives up a reader that does not drain", async () => {
  await using watched = await openWatched({
    maxBufferedBytes: 20_000,
    drainMs: 50,
  });
  const { slow, quick } = await connectSlow(watched);
  await using _quick = quick;
  await new Promise((resolve) => setTimeout(resolve, 200));
  // It reads again: what was sent before, and then the end.
  let last = new Uint8Array();
  for await (const chunk of slow.readable) {
    last = new Uint8Array([...last.slice(-100), ...chunk.slice(-100)]);
    if (
      new TextDecoder("latin1").decode(last).endsWith("Too slow: come again")
    ) {
      break;
    }
  }
  match(new TextDecoder("latin1").decode(last), /Too slow: come again$/);
});

Deno.test("/api/progress/ws drops a peer that is gone without a word", async () => {
  await using watched = await openWatched({ idleTimeoutS: 1 });
  const dead = await connectRaw(watched);
  await until("it is followed for", () => watched.waiting() === 1);
  await until("it was dropped", () => watched.waiting() === 0);
  dead.close();
});

Deno.test("/api/progress/ws refuses pages of other sites", async () => {
  await using watched = await openWatched({ apiToken: "secret" });
  const upgrade = async (path: string, origin: string) => {
    const connection = await Deno.connect({
      hostname: "127.0.0.1",
      port: watched.port,
    });
    const text =
      `GET ${path} HTTP/1.1\r\nHost: watch.example:8000\r\nOrigin: ${origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
    await connection.write(new TextEncoder().encode(text));
    const buffer = new Uint8Array(1_000);
    const read = await connection.read(buffer);
    connection.close();
    return new TextDecoder().decode(buffer.subarray(0, read ?? 0))
      .split("\r\n")[0];
  };
  const path = "/api/progress/ws";
  match((await upgrade(path, "http://watch.example:8000"))!, / 101 /);
  // Behind a proxy that speaks TLS.
  match((await upgrade(path, "https://watch.example:8000"))!, / 101 /);
  match((await upgrade(path, "http://evil.example"))!, / 401 /);
  match((await upgrade(path, "http://watch.example:9000"))!, / 401 /);
  match((await upgrade(path, "null"))!, / 401 /);
  match((await upgrade(`${path}?token=no`, "http://evil.example"))!, / 401 /);
  match(
    (await upgrade(`${path}?token=secret`, "http://evil.example"))!,
    / 101 /,
  );
});

Deno.test("/api/progress/ws has room for so many and no more", async () => {
  await using watched = await openWatched({ maxSockets: 2 });
  await using first = await connect(watched);
  await using _second = await connect(watched);
  const connection = await Deno.connect({
    hostname: "127.0.0.1",
    port: watched.port,
  });
  await connection.write(handshake("127.0.0.1"));
  const buffer = new Uint8Array(4_000);
  const read = await connection.read(buffer);
  connection.close();
  const answer = new TextDecoder().decode(buffer.subarray(0, read ?? 0));
  match(answer, /^HTTP\/1.1 503 /);
  match(answer, /retry-after: 10/i);
  first.socket.close();
  await first.closed;
  await using third = await connect(watched);
  await third.next("initial_status");

  const plain = await fetch(`${watched.url}/api/progress/ws`);
  equal(plain.status, 426);
  match((await plain.json()).detail, /WebSocket/);
});

Deno.test("/api/progress/ws says goodbye when the server stops", async () => {
  await using watched = await openWatched();
  await using client = await connect(watched);
  await client.next("initial_status");
  watched.stopping.abort();
  const { code, reason } = await client.closed;
  equal(code, 1001);
  equal(reason, "The server stops");
  await until("nobody follows", () => watched.waiting() === 0);
  const late = await connectRaw(watched);
  const buffer = new Uint8Array(4_000);
  const read = await late.read(buffer);
  late.close();
  match(
    new TextDecoder().decode(buffer.subarray(0, read ?? 0)),
    /^HTTP\/1.1 503 /,
  );
});
