import assert from "node:assert/strict";
import { until } from "./_engine_fixture.ts";
import type { Lane } from "./_pglite_protocol.ts";
import { TurnQueue } from "./_turn_queue.ts";

function recorder(queue: TurnQueue, ran: string[]) {
  let id = 0;
  return (lane: Lane, session?: number, run?: () => void) =>
    queue.push({
      lane,
      client: 1,
      id: ++id,
      session,
      run() {
        ran.push(lane);
        run?.();
      },
      fail: (error) => ran.push(error.message),
    });
}

/** Waits for so many turns, and a little for one too many. */
async function settled(ran: string[], turns: number): Promise<void> {
  await until(`${turns} turns`, () => ran.length >= turns);
  await new Promise((resolve) => setTimeout(resolve, 20));
}

Deno.test("TurnQueue runs the highest lane first", async () => {
  const queue = new TurnQueue();
  const ran: string[] = [];
  const push = recorder(queue, ran);
  for (const lane of ["heavy", "load", "jobs", "light", "load"] as const) {
    push(lane);
  }
  await settled(ran, 5);
  assert.deepEqual(ran, ["light", "jobs", "load", "load", "heavy"]);
  queue.close(new Error("closed"));
});

Deno.test("TurnQueue lets a low lane have a turn among many of a higher one", async () => {
  const queue = new TurnQueue();
  const ran: string[] = [];
  const push = recorder(queue, ran);
  push("load");
  for (let turn = 0; turn < 500; turn++) push("light");
  await settled(ran, 501);
  const at = ran.indexOf("load");
  assert.ok(at > 100 && at < 300, String(at));
  queue.close(new Error("closed"));
});

Deno.test("TurnQueue runs only the session's turns while there is one", async () => {
  const queue = new TurnQueue();
  const ran: string[] = [];
  const push = recorder(queue, ran);
  queue.openSession(1, 7);
  push("light");
  push("heavy", 7);
  await settled(ran, 1);
  assert.deepEqual(ran, ["heavy"]);
  queue.closeSession(new Error("over"));
  await settled(ran, 2);
  assert.deepEqual(ran, ["heavy", "light"]);
  queue.close(new Error("closed"));
});

Deno.test("TurnQueue.close() fails what waits, an idle turn too", async () => {
  const queue = new TurnQueue();
  const ran: string[] = [];
  const push = recorder(queue, ran);
  push("light");
  await settled(ran, 1);
  push("idle");
  queue.close(new Error("closed"));
  push("light");
  await settled(ran, 2);
  assert.deepEqual(ran, ["light", "closed"]);
});
