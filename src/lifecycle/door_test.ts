import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import {
  askOn,
  get,
  readAnswer,
  type Tally,
} from "../../tests/helpers/closed_loop.ts";
import { createDoor, type Door } from "./door.ts";

const refuse = () => new Response("stopping", { status: 503 });

/** A server behind a door. */
function serve(door: Door, handle: (request: Request) => Promise<Response>) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request, info) => door.pass(request, info, () => handle(request)),
  );
  return { port: server.addr.port, shutdown: () => server.shutdown() };
}

Deno.test("drain() loses no request of 64 clients that ask on and on", async () => {
  const door = createDoor({ refuse });
  let handled = 0;
  const server = serve(door, async () => {
    await delay(Math.random() * 20);
    handled++;
    return new Response("hello");
  });
  const tally: Tally = { answered: {}, lost: [], refused: 0 };
  const clients = Array.from(
    { length: 64 },
    () => askOn({ port: server.port, paths: ["/"], tally }),
  );
  while ((tally.answered[200] ?? 0) < 500) await delay(5);
  door.leave();
  const cut = await door.drain({
    shutdown: server.shutdown,
    withinMs: 5_000,
  });
  await Promise.all(clients);
  assert.deepEqual(cut, []);
  assert.deepEqual(tally.lost, []);
  assert.deepEqual(tally.answered, { 200: handled });
  assert.equal(tally.refused, 64);
});

Deno.test("drain() lets an upload in flight arrive and refuses another", async () => {
  const door = createDoor({ refuse });
  const server = serve(
    door,
    async (request) => new Response(`${(await request.bytes()).length}`),
  );
  const head = new TextEncoder().encode(
    "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 8\r\n\r\n1234",
  );
  const open = () => Deno.connect({ hostname: "127.0.0.1", port: server.port });
  using upload = await open();
  await upload.write(head);
  while (door.open().length === 0) await delay(5);
  const drained = door.drain({ shutdown: server.shutdown, withinMs: 10_000 });
  using other = await open();
  await other.write(head);
  assert.equal((await readAnswer(other)).status, 503);
  using reader = await open();
  await reader.write(get("/"));
  assert.equal((await readAnswer(reader)).status, 200);
  await upload.write(new TextEncoder().encode("5678"));
  assert.equal((await readAnswer(upload)).body, "8");
  assert.deepEqual(await drained, []);
});

Deno.test("drain() answers and names a handler that hangs, and names a body", async () => {
  const door = createDoor({ refuse });
  const server = serve(
    door,
    (request) =>
      request.url.endsWith("/body")
        ? Promise.resolve(
          new Response(
            new ReadableStream({
              start: (controller) =>
                controller.enqueue(new TextEncoder().encode("some")),
            }),
          ),
        )
        : new Promise(() => {}),
  );
  const hanging = fetch(`http://127.0.0.1:${server.port}/hang?x=1`);
  const body = await fetch(`http://127.0.0.1:${server.port}/body`);
  while (door.open().length < 2) await delay(5);
  const cut = await door.drain({ shutdown: server.shutdown, withinMs: 500 });
  assert.deepEqual(
    cut.map(({ method, path, phase }) => `${method} ${path} ${phase}`).sort(),
    ["GET /body body", "GET /hang handler"],
  );
  const answer = await hanging;
  assert.equal(answer.status, 503);
  assert.equal(await answer.text(), "stopping");
  await body.body!.cancel();
});

Deno.test("drain() without a shutdown waits for those inside", async () => {
  const door = createDoor({ refuse });
  const visit = Promise.withResolvers<void>();
  const answer = await door.pass(
    new Request("http://x/"),
    { completed: visit.promise },
    () => Response.redirect("http://x/docs"),
  );
  assert.equal(answer.status, 302);
  let drained = false;
  const draining = door.drain({ withinMs: 60_000 }).then((cut) => {
    drained = true;
    return cut;
  });
  await delay(20);
  assert.equal(drained, false);
  const last = await door.pass(
    new Request("http://x/"),
    {},
    () => Response.redirect("http://x/docs"),
  );
  assert.equal(last.headers.get("connection"), "close");
  assert.equal(last.headers.get("location"), "http://x/docs");
  visit.resolve();
  assert.deepEqual(await draining, []);
});

Deno.test("pass() hands on what the handler throws", async () => {
  const door = createDoor({ refuse });
  await assert.rejects(
    door.pass(new Request("http://x/"), {}, () => {
      throw new Error("broken");
    }),
    /broken/,
  );
  assert.deepEqual(door.open(), []);
});
