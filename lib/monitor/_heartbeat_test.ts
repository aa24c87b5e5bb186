import assert from "node:assert/strict";
import { startThread } from "@loophound/toolkit/offload";
import { Heartbeat } from "./_heartbeat.ts";

Deno.test("Heartbeat tells another end what the loop does", () => {
  const loop = new Heartbeat();
  const thread = new Heartbeat(loop.buffer);
  const { beats } = thread.read();
  assert.equal(thread.read().label, null);
  const now = performance.now();
  loop.beat(now);
  loop.enter(loop.idOf("GET /über/:id"), now + 1);
  const state = thread.read();
  assert.equal(state.beats, beats + 1);
  assert.equal(state.label, "GET /über/:id");
  assert.equal(state.beatAt, performance.timeOrigin + now);
  assert.equal(state.labelAt, performance.timeOrigin + now + 1);
  loop.leave();
  assert.equal(thread.read().label, null);
  loop.enter(loop.idOf("GET /über/:id"), now);
  loop.beat(now);
  assert.equal(thread.read().label, null, "a turn ends what ran in it");
  assert.equal(thread.read().stopped, false);
  loop.stop();
  assert.equal(thread.read().stopped, true);
});

Deno.test("Heartbeat.idOf() answers the same label with the same number", () => {
  const loop = new Heartbeat();
  const ids = ["a", "b", "a", "", "b"].map((label) => loop.idOf(label));
  assert.equal(ids[0], ids[2]);
  assert.equal(ids[1], ids[4]);
  assert.notEqual(ids[0], ids[1]);
});

Deno.test("Heartbeat calls labels beyond its table (other)", () => {
  for (
    const labels of [
      Array.from({ length: 3_000 }, (_, i) => `GET /${i}`),
      Array.from({ length: 200 }, (_, i) => `${i}`.padEnd(2_000, "é")),
    ]
  ) {
    const loop = new Heartbeat();
    const thread = new Heartbeat(loop.buffer);
    const read = labels.map((label) => {
      loop.enter(loop.idOf(label), 0);
      return thread.read().label;
    });
    const full = read.indexOf("(other)");
    assert.ok(full > 20 && full < labels.length);
    assert.deepEqual(read.slice(0, full), labels.slice(0, full));
    assert.ok(read.slice(full).every((label) => label === "(other)"));
    // What is in the table stays there.
    loop.enter(loop.idOf(labels[0]!), 0);
    assert.equal(thread.read().label, labels[0]);
  }
});

Deno.test("Heartbeat is read whole while it is written", async () => {
  const loop = new Heartbeat();
  await using thread = startThread(
    new URL("./_test_heartbeat_reader.ts", import.meta.url),
    { name: "reader", kind: "node" },
  );
  const answer = new Promise((resolve) => thread.onMessage(resolve));
  thread.post(loop.buffer);
  let labels = 0;
  let over = false;
  void answer.then(() => over = true);
  while (!over) {
    // Each label says how long it is: a torn one gives itself away.
    for (let i = 0; i < 20; i++) {
      const text = "x".repeat(labels++ % 300);
      const label = `${text.length}:${text}:${labels % 1_200}`;
      const now = performance.now();
      loop.enter(loop.idOf(label), now);
      if (i % 5 === 0) loop.beat(now);
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assert.deepEqual(await answer, { torn: [], backwards: 0 });
  assert.ok(labels > 100);
});
