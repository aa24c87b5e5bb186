import assert from "node:assert/strict";
import { ProblemError } from "../errors.ts";
import {
  gateIn,
  type GroundTest,
  openGate,
  spooled,
  spoolFile,
  testRequest,
  untilState,
} from "./_testing.ts";

function isProblem(problem: string, detail = /./) {
  return (error: unknown) => {
    assert.ok(error instanceof ProblemError, String(error));
    assert.equal(error.problem, problem);
    assert.match(error.message, detail);
    return true;
  };
}

/** Keys, retries, priorities and pages, on every engine. */
export const requestContract: Record<string, GroundTest> = {
  async "makes one job of requests with one key, also after its end"(ground) {
    await using jobs = await ground.open();
    const request = testRequest({ tag: "key" });
    const made = await Promise.all(
      Array.from({ length: 6 }, () => jobs.submit(request, { key: "k1" })),
    );
    const id = made[0]!.id;
    assert.equal(new Set(made.map((one) => one.id)).size, 1);
    assert.equal(made.filter(({ created }) => created).length, 1);
    assert.equal((await jobs.finished(id)).key, "k1");
    // A file that has changed is no other request: the path is the same.
    const changed = { ...request, file: { ...request.file!, modifiedMs: 9 } };
    assert.deepEqual(await jobs.submit(changed, { key: "k1" }), {
      id,
      created: false,
    });
    await assert.rejects(
      jobs.submit(testRequest({ tag: "other" }), { key: "k1" }),
      isProblem("idempotency-conflict", new RegExp(id)),
    );
    // Of another kind it is another key.
    const wait = await jobs.start("wait", { tag: "key" }, { key: "k1" });
    assert.ok(wait.created);
    assert.deepEqual(await jobs.start("wait", { tag: "key" }, { key: "k1" }), {
      id: wait.id,
      created: false,
    });
    await assert.rejects(
      jobs.start("wait", { tag: "else" }, { key: "k1" }),
      isProblem("idempotency-conflict"),
    );
    await jobs.finished(wait.id);
  },

  async "tells uploads with one key apart by their bytes"(ground) {
    await using jobs = await ground.open();
    const upload = async (sha256: string) =>
      testRequest({ tag: "up" }, {
        file: {
          path: await spoolFile(ground),
          name: "upload",
          bytes: 4,
          sha256,
          spooled: true,
        },
      });
    const { id } = await jobs.submit(await upload("aa"), { key: "up" });
    await jobs.finished(id);
    const again = await jobs.submit(await upload("aa"), { key: "up" });
    assert.deepEqual(again, { id, created: false });
    await assert.rejects(
      jobs.submit(await upload("bb"), { key: "up" }),
      isProblem("idempotency-conflict"),
    );
    assert.deepEqual(await spooled(ground), []);
  },

  async "gives an equal living job the key, or makes another job"(ground) {
    await using jobs = await ground.open();
    const gate = gateIn(ground);
    const request = testRequest({ tag: "adopt", gate });
    const plain = await jobs.submit(request);
    const first = await jobs.submit(request, { key: "a" });
    assert.deepEqual(first, { id: plain.id, created: false });
    const second = await jobs.submit(request, { key: "b" });
    assert.ok(second.created);
    await openGate(gate);
    await jobs.finished(plain.id);
    await jobs.finished(second.id);
    assert.equal((await jobs.submit(request, { key: "a" })).id, plain.id);
    assert.equal((await jobs.submit(request, { key: "b" })).id, second.id);
  },

  async "tries a failed load again, with the upload it has kept"(ground) {
    await using jobs = await ground.open();
    const path = await spoolFile(ground);
    const { id } = await jobs.submit(
      testRequest({ tag: "retry", failures: 3 }, {
        file: { path, name: "upload", bytes: 4, sha256: "ab", spooled: true },
      }),
    );
    const failed = await jobs.finished(id);
    assert.equal(failed.state, "failed");
    assert.equal((await spooled(ground)).length, 1);
    const queued = await jobs.retry(id);
    assert.equal(queued?.state, "queued");
    assert.equal(queued.error, null);
    assert.ok(queued.run_at !== null);
    const job = await jobs.finished(id);
    assert.equal(job.state, "succeeded");
    assert.equal(job.attempts, 4);
    assert.deepEqual(await spooled(ground), []);
    await assert.rejects(
      jobs.retry(id),
      isProblem("conflict", /is succeeded/),
    );
    assert.equal(await jobs.retry(crypto.randomUUID()), undefined);
  },

  async "does not keep the upload of a load whose input is at fault"(ground) {
    await using jobs = await ground.open();
    const path = await spoolFile(ground);
    const { id } = await jobs.submit(
      testRequest({ tag: "final", failures: 9, error: "InputError" }, {
        file: { path, name: "upload", bytes: 4, sha256: "cc", spooled: true },
      }),
    );
    await jobs.finished(id);
    assert.deepEqual(await spooled(ground), []);
    await assert.rejects(
      jobs.retry(id),
      isProblem("conflict", /upload is no longer kept/),
    );
  },

  async "gives kept uploads up after their time"(ground) {
    let id: string;
    {
      await using jobs = await ground.open({
        concurrency: { load: 1, other: 1 },
      });
      const path = await spoolFile(ground);
      const gate = gateIn(ground);
      const first = await jobs.submit(testRequest({ tag: "first", gate }));
      ({ id } = await jobs.submit(testRequest({ tag: "keep" }, {
        file: { path, name: "upload", bytes: 4, sha256: "dd", spooled: true },
      })));
      await jobs.cancel(id);
      assert.equal((await spooled(ground)).length, 1);
      await openGate(gate);
      await jobs.finished(first.id);
    }
    {
      await using _kept = await ground.open();
      assert.equal((await spooled(ground)).length, 1);
    }
    await using jobs = await ground.open({ timing: { keepUploadMs: 0 } });
    assert.deepEqual(await spooled(ground), []);
    await assert.rejects(
      jobs.retry(id),
      isProblem("conflict", /no longer kept/),
    );
  },

  async "does not retry beside an equal living job"(ground) {
    await using jobs = await ground.open({
      concurrency: { load: 1, other: 1 },
    });
    const gate = gateIn(ground);
    const first = await jobs.submit(testRequest({ tag: "first", gate }));
    const { file: _, ...service } = testRequest({ tag: "twin" });
    const request = { ...service, source: "test_service" };
    const old = await jobs.submit(request);
    await jobs.cancel(old.id);
    const alive = await jobs.submit(request);
    assert.ok(alive.created);
    await assert.rejects(
      jobs.retry(old.id),
      isProblem("conflict", new RegExp(alive.id)),
    );
    await openGate(gate);
    await jobs.finished(alive.id);
    await jobs.finished(first.id);
  },

  async "runs what has the highest priority, then what is oldest"(ground) {
    await using jobs = await ground.open({
      concurrency: { load: 1, other: 1 },
    });
    const gate = gateIn(ground);
    const first = await jobs.start("wait", { tag: "first", gate });
    await untilState(jobs, first.id, "running");
    const ids: Record<string, string> = {};
    for (
      const [tag, priority] of [
        ["low", -100],
        ["a", 0],
        ["high", 7],
        ["b", 0],
        ["higher", 100],
        ["high again", 7],
      ] as const
    ) {
      ids[tag] = (await jobs.start("wait", { tag }, { priority })).id;
    }
    // Tickets that were lost are sent again, later than the others.
    await ground.engine.executeSql(
      "delete from pgboss.job where singleton_key = any($1::text[])",
      [`{${ids.a},${ids.higher}}`],
    );
    await openGate(gate);
    const records = await Promise.all(
      Object.entries(ids).map(async ([tag, id]) => ({
        tag,
        at: (await jobs.finished(id)).started_at!,
      })),
    );
    assert.deepEqual(
      records.toSorted((x, y) => x.at < y.at ? -1 : 1).map(({ tag }) => tag),
      ["higher", "high", "high again", "a", "b", "low"],
    );
    await assert.rejects(
      jobs.start("wait", { tag: "x" }, { priority: 101 }),
      isProblem("invalid-body", /101/),
    );
  },

  async "lists jobs by kind, source and state, page by page"(ground) {
    await using jobs = await ground.open();
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      const { id } = await jobs.start("wait", { tag: `page ${i}` });
      ids.push(id);
      await jobs.finished(id);
    }
    const load = await jobs.submit(testRequest({ tag: "load" }));
    await jobs.finished(load.id);
    const seen: string[] = [];
    let before: string | undefined;
    for (;;) {
      const page = await jobs.list({ kind: "wait", limit: 2, before });
      if (page.length === 0) break;
      seen.push(...page.map(({ id }) => id));
      before = page.at(-1)!.id;
    }
    assert.deepEqual(seen, ids.toReversed());
    assert.deepEqual(
      (await jobs.list({ source: "test" })).map(({ id }) => id),
      [load.id],
    );
    assert.deepEqual(await jobs.list({ kind: "wait", state: "failed" }), []);
    assert.deepEqual(await jobs.list({ before: "nonsense" }), []);
  },
};
