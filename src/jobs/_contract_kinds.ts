import assert from "node:assert/strict";
import { thrown } from "./_testing_kinds.ts";
import {
  gateIn,
  type GroundTest,
  openGate,
  testRequest,
  until,
  untilState,
} from "./_testing.ts";

const stepsOf: (
  ground: Parameters<GroundTest>[0],
  tag: string,
) => Promise<string[]> = async ({ engine }, tag) => {
  const { rows } = await engine.executeSql(
    "select what from effects where tag = $1 order by what",
    [tag],
  );
  return rows.map(({ what }) => String(what));
};

const expected = (count: number) =>
  Array.from({ length: count }, (_, index) => `step ${index}`);

/** Jobs that are no loads, on every engine. */
export const kindContract: Record<string, GroundTest> = {
  async "runs a job of another kind and keeps its result"(ground) {
    await using jobs = await ground.open();
    const { id, created } = await jobs.start("wait", { tag: "kind" });
    assert.ok(created);
    const job = await jobs.finished(id);
    assert.equal(job.state, "succeeded");
    assert.equal(job.kind, "wait");
    assert.equal(job.source, null);
    assert.equal(job.report, null);
    assert.deepEqual(job.result, { tag: "kind" });
    assert.deepEqual(job.input, { tag: "kind" });
    assert.equal(job.resumes, "starts_over");
    assert.equal(job.progress.doing, "finished");
    await assert.rejects(jobs.start("nothing", {}), /not one of .*prune/);
    await assert.rejects(jobs.start("load", {}), /api\/sources/);
    await assert.rejects(jobs.start("wait", { tag: 5 }), /input\.tag/);
    await assert.rejects(
      jobs.start("wait", { tag: "x", more: 1 }),
      /input\.more: is not known here/,
    );
  },

  async "goes on from its checkpoint after an error, each step once"(ground) {
    await using jobs = await ground.open();
    const { id } = await jobs.start("steps", {
      tag: "broken",
      steps: 6,
      failAt: 3,
    });
    const job = await jobs.finished(id);
    assert.equal(job.state, "succeeded");
    assert.equal(job.attempts, 2);
    assert.equal(job.resumes, "checkpoint");
    assert.deepEqual(job.result, { from: 3, steps: 6 });
    assert.deepEqual(await stepsOf(ground, "broken"), expected(6));
    const events = await jobs.feed.read(0, { job: id, limit: 100 });
    const retrying = events.find(({ type }) => type === "retrying");
    assert.deepEqual(retrying?.data.error, {
      name: "Error",
      message: "the step broke",
      line: null,
      cause: { name: "TypeError", message: "a screw was loose" },
    });
    assert.deepEqual(
      events.map(({ type }) => type).filter((type) => type !== "progress"),
      ["queued", "started", "retrying", "started", "succeeded"],
    );
  },

  async "goes on from its checkpoint when it is retried after a cancel"(
    ground,
  ) {
    await using jobs = await ground.open();
    const gate = gateIn(ground);
    const { id } = await jobs.start("steps", {
      tag: "paused",
      steps: 5,
      gateAfter: 2,
      gate,
    });
    await until(
      "three steps are done",
      async () => (await stepsOf(ground, "paused")).length === 3,
    );
    await jobs.cancel(id);
    assert.equal((await jobs.finished(id)).state, "cancelled");
    await openGate(gate);
    assert.equal((await jobs.retry(id))?.state, "queued");
    assert.deepEqual((await jobs.finished(id)).result, { from: 3, steps: 5 });
    assert.deepEqual(await stepsOf(ground, "paused"), expected(5));
  },

  async "voids the steps of an attempt whose job was taken over"(ground) {
    await using jobs = await ground.open({
      concurrency: { load: 1, other: 2 },
      // It does not learn of it by itself.
      timing: { renewMs: 60_000, leaseMs: 600_000 },
    });
    const gate = gateIn(ground);
    const { id } = await jobs.start("steps", {
      tag: "fenced",
      steps: 8,
      gateAfter: 3,
      gate,
      deaf: true,
    });
    await until(
      "four steps are done",
      async () => (await stepsOf(ground, "fenced")).length === 4,
    );
    // As a server does that takes the job over and dies.
    await ground.engine.executeSql(
      `update jobs set owner = 'other', attempts = attempts + 1,
         lease_until = clock_timestamp() + interval '1 minute'
       where id = $1::text::uuid`,
      [id],
    );
    await openGate(gate);
    await until(
      "the first attempt was stopped",
      () => Promise.resolve(thrown.get("fenced") !== undefined),
    );
    assert.match(String(thrown.get("fenced")), /another server has taken/);
    assert.deepEqual(await stepsOf(ground, "fenced"), expected(4));
    await ground.engine.executeSql(
      `update jobs set lease_until = clock_timestamp() where id = $1::text::uuid`,
      [id],
    );
    const job = await jobs.finished(id);
    assert.equal(job.state, "succeeded");
    assert.equal(job.attempts, 3);
    assert.deepEqual(job.result, { from: 4, steps: 8 });
    assert.deepEqual(await stepsOf(ground, "fenced"), expected(8));
    thrown.delete("fenced");
  },

  async "never lets slow jobs of other kinds take the place of loads"(ground) {
    await using jobs = await ground.open({
      concurrency: { load: 1, other: 2 },
    });
    const gate = gateIn(ground);
    const slow = [];
    for (const tag of ["a", "b", "c"]) {
      slow.push((await jobs.start("wait", { tag, gate })).id);
    }
    await untilState(jobs, slow[1]!, "running");
    const { id } = await jobs.submit(testRequest({ tag: "load" }));
    assert.equal((await jobs.finished(id)).state, "succeeded");
    assert.equal((await jobs.get(slow[2]!))?.state, "queued");
    await openGate(gate);
    for (const one of slow) await jobs.finished(one);
  },

  async "takes nothing more once paused, and leaves it queued"(ground) {
    await using jobs = await ground.open();
    const gate = gateIn(ground);
    const running = await jobs.start("wait", { tag: "runs", gate });
    await untilState(jobs, running.id, "running");
    jobs.pause();
    const { id } = await jobs.start("wait", { tag: "later" });
    await openGate(gate);
    assert.equal((await jobs.finished(running.id)).state, "succeeded");
    // A look at the queue that was under way may have claimed it: it gives it
    // back unopened.
    await untilState(jobs, id, "queued");
    assert.equal((await ground.effects("later")).started, 0);
    await jobs.close();
    await using again = await ground.open();
    const { state, attempts } = await again.finished(id);
    assert.equal(state, "succeeded");
    assert.equal(attempts, 1);
  },

  async "drains the queue, or stops waiting for it"(ground) {
    await using jobs = await ground.open();
    const gate = gateIn(ground);
    const ids: string[] = [];
    for (let i = 0; i < 6; i++) {
      ids.push((await jobs.start("wait", { tag: `drain ${i}`, gate })).id);
    }
    const stop = new AbortController();
    const given = jobs.drainQueue(stop.signal);
    stop.abort();
    await given;
    assert.equal((await jobs.get(ids[5]!))?.state, "queued");
    const drained = jobs.drainQueue(new AbortController().signal);
    await openGate(gate);
    await drained;
    for (const id of ids) {
      assert.equal((await jobs.get(id))?.state, "succeeded");
    }
  },
};
