import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { createProgressSockets, type Socket } from "./_progress_sockets.ts";

/** A socket that takes its time, and what it was sent. */
class SlowSocket extends EventTarget {
  readonly readyState = WebSocket.OPEN;
  readonly bufferedAmount = 0;
  readonly sent: string[] = [];

  send(text: string): void {
    this.sent.push(text);
    const until = performance.now() + 1;
    while (performance.now() < until);
  }

  close(): void {
    this.dispatchEvent(new Event("close"));
  }
}

function open(
  count: number,
  add: ReturnType<typeof createProgressSockets>,
): SlowSocket[] {
  return Array.from({ length: count }, () => {
    const socket = new SlowSocket();
    add.add(socket as unknown as Socket);
    add.welcome(socket as unknown as Socket);
    socket.sent.length = 0;
    return socket;
  });
}

const turn = () => new Promise<void>((done) => void setImmediate(done));

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

Deno.test("createProgressSockets() gives the loop back while it sends to many", async () => {
  const hub = createProgressSockets({
    onFirst: () => {},
    onLast: () => {},
    initial: () => "initial",
  });
  const peers = open(30, hub);
  const count = () => peers.reduce((sum, { sent }) => sum + sent.length, 0);
  hub.broadcast("a");
  hub.broadcast("b");
  assert.ok(count() < 10, `${count()} of 60 sent in one turn`);
  let turns = 0;
  await until(() => {
    turns++;
    return count() === 60;
  });
  assert.ok(turns > 10, `${turns} turns`);
  for (const { sent } of peers) assert.deepEqual(sent, ["a", "b"]);
  hub.broadcast("c");
  await until(() => count() === 90);
  assert.deepEqual(peers[29]!.sent, ["a", "b", "c"]);
  for (const peer of peers) peer.close();
  assert.equal(hub.size, 0);
});

Deno.test("createProgressSockets() tells nobody what came before its first message", async () => {
  const hub = createProgressSockets({
    onFirst: () => {},
    onLast: () => {},
    initial: () => "initial",
  });
  const peers = open(10, hub);
  hub.broadcast("old");
  const late = new SlowSocket();
  hub.add(late as unknown as Socket);
  hub.welcome(late as unknown as Socket);
  // One leaves while the message is on its way.
  peers.pop()!.close();
  hub.broadcast("new");
  await until(() => late.sent.length === 2);
  assert.deepEqual(late.sent, ["initial", "new"]);
  for (const { sent } of peers) assert.deepEqual(sent, ["old", "new"]);
  for (const peer of [...peers, late]) peer.close();
});

Deno.test("createProgressSockets() keeps no endless line of messages", async () => {
  const hub = createProgressSockets({
    onFirst: () => {},
    onLast: () => {},
    initial: () => "initial",
    tickMs: 5,
  });
  const [peer] = open(1, hub);
  const all = Array.from({ length: 1_000 }, (_, i) => String(i));
  for (const text of all) hub.broadcast(text);
  await until(() => peer!.sent.at(-1) === "initial");
  const told = peer!.sent.slice(0, -2);
  assert.deepEqual(told, all.slice(0, told.length));
  const missed = JSON.parse(peer!.sent.at(-2)!);
  assert.equal(missed.type, "missed");
  assert.equal(missed.count, all.length - told.length);
  assert.ok(missed.count > 700, String(missed.count));
  peer!.close();
});
