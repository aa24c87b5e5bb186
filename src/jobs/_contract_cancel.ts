import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import {
  gateIn,
  type GroundTest,
  openGate,
  spooled,
  spoolFile,
  testRequest,
  until,
  untilState,
} from "./_testing.ts";

/** Sessions of loads on a server; 0 on the embedded engine. */
const sessionsOfLoads: (
  ground: Parameters<GroundTest>[0],
) => Promise<number> = async ({ engine }) => {
  if (engine.kind === "pglite") return 0;
  const { rows } = await engine.executeSql(
    `select count(*)::int as count from pg_stat_activity
     where application_name like 'loophound % load test'`,
  );
  return Number(rows[0]?.count);
};

/** What cancelling does, on every engine. */
export const cancelContract: Record<string, GroundTest> = {
  async "cancels a queued job at once, and never runs it"(ground) {
    await using jobs = await ground.open({
      concurrency: { load: 1, other: 1 },
    });
    const gate = gateIn(ground);
    const first = await jobs.submit(testRequest({ tag: "first", gate }));
    const second = await jobs.submit(testRequest({ tag: "second" }));
    await untilState(jobs, first.id, "running");
    const waiting = jobs.finished(second.id);
    const job = await jobs.cancel(second.id);
    assert.equal(job?.state, "cancelled");
    assert.equal(job.run_at, null);
    assert.ok(job.finished_at !== null);
    assert.equal((await waiting).state, "cancelled");
    await openGate(gate);
    await jobs.finished(first.id);
    await jobs.drainQueue(new AbortController().signal);
    assert.equal((await ground.effects("second")).started, 0);
    // Once more changes nothing, and neither does it change what is over.
    assert.deepEqual(await jobs.cancel(second.id), job);
    assert.equal((await jobs.cancel(first.id))?.state, "succeeded");
    assert.equal(await jobs.cancel(crypto.randomUUID()), undefined);
    assert.equal(await jobs.cancel("no-uuid"), undefined);
  },

  async "cancels a running load when its thread and session are gone"(ground) {
    await using jobs = await ground.open();
    for (const deaf of [false, true]) {
      const tag = `cancel-${deaf}`;
      const { id } = await jobs.submit(
        testRequest({ tag, gate: gateIn(ground), deaf }),
      );
      await until(
        "it runs",
        async () => (await ground.effects(tag)).started === 1,
      );
      const asked = await jobs.cancel(id);
      assert.equal(asked?.state, "running");
      assert.equal(asked.cancelling, true);
      const job = await jobs.finished(id);
      assert.equal(job.state, "cancelled");
      assert.equal(job.cancelling, false);
      assert.equal(job.error, null);
      const load = ground.pool.stats().find(({ name }) => name === "load");
      assert.equal(load?.concurrent, 0);
      assert.equal(await sessionsOfLoads(ground), 0);
      assert.equal((await ground.effects(tag)).ended, 0);
    }
    const { id } = await jobs.submit(testRequest({ tag: "after" }));
    assert.equal((await jobs.finished(id)).state, "succeeded");
    const events = await jobs.feed.read(0, { limit: 1_000 });
    assert.equal(events.filter(({ type }) => type === "cancelling").length, 2);
    assert.equal(events.filter(({ type }) => type === "cancelled").length, 2);
  },

  async "lets a load that has committed succeed"(ground) {
    await using jobs = await ground.open();
    const { id } = await jobs.submit(
      testRequest({
        tag: "committed",
        gate: gateIn(ground),
        deaf: true,
        commits: true,
      }),
    );
    await until("it has committed", async () => {
      const { rows } = await ground.engine.executeSql(
        "select from source_state where load_id = $1",
        [id],
      );
      return rows.length === 1;
    });
    await jobs.cancel(id);
    const job = await jobs.finished(id);
    assert.equal(job.state, "succeeded");
    assert.equal(job.report?.rows, 10);
    assert.equal(job.report.sha256, "ab");
  },

  async "stops the fetch of a job that is cancelled"(ground) {
    await using jobs = await ground.open();
    const closed = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      (request) => {
        request.signal.addEventListener("abort", () => closed.resolve());
        asked.resolve();
        return new Promise<Response>((resolve) =>
          closed.promise.then(() => resolve(new Response("too late")))
        );
      },
    );
    const { id } = await jobs.start("ask", {
      url: `http://127.0.0.1:${server.addr.port}/`,
    });
    await asked.promise;
    await jobs.cancel(id);
    await closed.promise;
    assert.equal((await jobs.finished(id)).state, "cancelled");
  },

  async "settles a cancelled job of a dead server, and does not run it"(
    ground,
  ) {
    const gate = gateIn(ground);
    const before = await ground.open();
    const path = await spoolFile(ground);
    const { id } = await before.submit(testRequest({ tag: "orphan", gate }, {
      file: { path, name: "upload", bytes: 4, sha256: "aa", spooled: true },
    }));
    await until(
      "it runs",
      async () => (await ground.effects("orphan")).started === 1,
    );
    await before.close();
    await ground.engine.executeSql(
      `update jobs set state = 'running', attempts = 1, owner = 'dead',
         cancel_requested_at = clock_timestamp(),
         lease_until = clock_timestamp() where id = $1::text::uuid`,
      [id],
    );
    await openGate(gate);
    await using jobs = await ground.open();
    const job = await jobs.finished(id);
    assert.equal(job.state, "cancelled");
    assert.equal((await ground.effects("orphan")).started, 1);
    // Kept for a retry.
    assert.equal((await spooled(ground)).length, 1);
  },

  async "cancels a job that stops only because the server closes"(ground) {
    const jobs = await ground.open();
    const { id } = await jobs.submit(
      testRequest({ tag: "closing", gate: gateIn(ground), deaf: true }),
    );
    await until(
      "it runs",
      async () => (await ground.effects("closing")).started === 1,
    );
    // As another server does it whose news have not come yet.
    await ground.engine.executeSql(
      `update jobs set cancel_requested_at = clock_timestamp()
       where id = $1::text::uuid`,
      [id],
    );
    await jobs.close();
    assert.equal((await jobs.get(id))?.state, "cancelled");
    await using again = await ground.open();
    await delay(50);
    assert.equal((await again.get(id))?.state, "cancelled");
  },
};
