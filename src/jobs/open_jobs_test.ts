import assert from "node:assert/strict";
import { join } from "node:path";
import { startPostgres } from "../../tests/helpers/postgres.ts";
import { enginesAlive } from "../db/engine.ts";
import { cancelContract } from "./_contract_cancel.ts";
import { kindContract } from "./_contract_kinds.ts";
import { requestContract } from "./_contract_requests.ts";
import { scheduleContract } from "./_contract_schedules.ts";
import {
  emptyTables,
  gateIn,
  type Ground,
  type GroundTest,
  openGate,
  openGround,
  spooled,
  spoolFile,
  testRequest,
  until,
} from "./_testing.ts";
import type { JobRecord, Jobs } from "./types.ts";

async function isRunning(jobs: Jobs, id: string): Promise<boolean> {
  return (await jobs.get(id))?.state === "running";
}

const loadContract: Record<string, GroundTest> = {
  async "runs a load and reports it"(ground) {
    const finished: JobRecord[] = [];
    await using jobs = await ground.open({
      onFinished: (record) => finished.push(record),
    });
    const { id, created } = await jobs.submit(
      testRequest({ tag: "plain" }, { dryRun: true }),
    );
    assert.ok(created);
    const job = await jobs.finished(id);
    assert.equal(job.state, "succeeded");
    assert.equal(job.attempts, 1);
    assert.equal(job.error, null);
    assert.equal(job.input.path, "a.csv");
    assert.equal(job.input.tag, "plain");
    assert.equal(job.input.dry_run, true);
    const { report, progress } = job;
    assert.ok(report !== null);
    assert.equal(report.rows, report.accepted + report.rejected);
    assert.equal(report.dry_run, true);
    assert.ok(report.peak_rss_mb > 10);
    assert.ok(report.loop.max_ms >= 0);
    assert.equal(report.reasons[0]?.count, 2);
    assert.equal(progress.doing, "finished");
    assert.equal(progress.done, progress.total);
    assert.ok(job.started_at !== null && job.finished_at !== null);
    assert.ok(job.created_at <= job.started_at);
    assert.deepEqual(finished, [job]);
    assert.deepEqual(await jobs.get(id), job);
    assert.deepEqual(await ground.effects("plain"), { started: 1, ended: 1 });
  },

  async "runs a load that reads no file"(ground) {
    await using jobs = await ground.open();
    const { file: _, ...request } = testRequest({ tag: "service" });
    const { id } = await jobs.submit({ ...request, source: "test_service" });
    const job = await jobs.finished(id);
    assert.equal(job.error, null);
    assert.equal(job.state, "succeeded");
    assert.equal(job.input.path, undefined);
  },

  async "makes one of equal loads while the first is alive"(ground) {
    await using jobs = await ground.open();
    const gate = gateIn(ground);
    const request = testRequest({ tag: "twin", gate });
    const submitted = await Promise.all(
      Array.from({ length: 8 }, () => jobs.submit(structuredClone(request))),
    );
    assert.equal(submitted.filter(({ created }) => created).length, 1);
    assert.equal(new Set(submitted.map(({ id }) => id)).size, 1);
    const id = submitted[0]!.id;
    await until("the first runs", () => isRunning(jobs, id));
    assert.deepEqual(await jobs.submit(request), { id, created: false });
    // Not equal: other fields, another file, a dry run.
    const others = [
      testRequest({ tag: "other", gate }),
      testRequest({ tag: "twin", gate }, {
        file: { ...request.file!, modifiedMs: 5 },
      }),
      testRequest({ tag: "twin", gate }, { dryRun: true }),
    ];
    for (const other of others) {
      assert.ok((await jobs.submit(other)).created);
    }
    await openGate(gate);
    await jobs.finished(id);
    // The first is over: the same is a new load.
    const again = await jobs.submit(request);
    assert.ok(again.created);
    await jobs.finished(again.id);
  },

  async "deletes an upload when its load is over, and a twin's at once"(
    ground,
  ) {
    await using jobs = await ground.open();
    const gate = gateIn(ground);
    const upload = async () => {
      const path = await spoolFile(ground);
      return testRequest({ tag: "upload", gate }, {
        file: { path, name: "upload", bytes: 4, sha256: "cd", spooled: true },
      });
    };
    const first = await jobs.submit(await upload());
    const twin = await jobs.submit(await upload());
    assert.equal(twin.id, first.id);
    assert.equal((await spooled(ground)).length, 1);
    await openGate(gate);
    const job = await jobs.finished(first.id);
    assert.deepEqual(job.input.upload, { bytes: 4, sha256: "cd" });
    assert.deepEqual(await spooled(ground), []);
  },

  async "fails at once when the input is at fault"(ground) {
    await using jobs = await ground.open();
    const { id } = await jobs.submit(
      testRequest({ tag: "bad", failures: 9, error: "InputError" }),
    );
    const job = await jobs.finished(id);
    assert.equal(job.state, "failed");
    assert.equal(job.attempts, 1);
    assert.deepEqual(job.error, {
      name: "InputError",
      message: "line 3, column 7: no such column",
      line: 3,
    });
    assert.equal(job.report, null);
    assert.equal((await ground.effects("bad")).started, 1);
  },

  async "tries again after other errors, three times in all"(ground) {
    await using jobs = await ground.open();
    const flaky = await jobs.submit(testRequest({ tag: "flaky", failures: 2 }));
    const dead = await jobs.submit(testRequest({ tag: "dead", failures: 9 }));
    const succeeded = await jobs.finished(flaky.id);
    assert.equal(succeeded.state, "succeeded");
    assert.equal(succeeded.attempts, 3);
    assert.equal(succeeded.error, null);
    const failed = await jobs.finished(dead.id);
    assert.equal(failed.state, "failed");
    assert.equal(failed.attempts, 3);
    assert.equal(failed.error?.message, "the disk is on fire");
    assert.equal((await ground.effects("dead")).started, 3);
  },

  async "fails when the figures do not add up, without another try"(ground) {
    await using jobs = await ground.open();
    const { id } = await jobs.submit(
      testRequest({ tag: "sums", wrongSums: true }),
    );
    const job = await jobs.finished(id);
    assert.equal(job.state, "failed");
    assert.equal(job.error?.name, "LoadFiguresError");
    assert.match(
      job.error!.message,
      /10 rows are not 8 accepted \+ 3 rejected/,
    );
    assert.equal((await ground.effects("sums")).started, 1);
  },

  async "tells progress that only grows"(ground) {
    await using jobs = await ground.open();
    const gate = gateIn(ground);
    const { id } = await jobs.submit(testRequest({ tag: "progress", gate }));
    const seen: number[] = [];
    await until("it was seen to grow three times", async () => {
      const { progress } = (await jobs.get(id))!;
      if (progress.doing === "looping") {
        assert.equal(progress.total, 1_000);
        seen.push(progress.done);
      }
      return new Set(seen).size >= 3;
    });
    assert.deepEqual(seen, seen.toSorted((a, b) => a - b));
    await openGate(gate);
    await jobs.finished(id);
  },

  async "runs no more loads at once than it has slots"(ground) {
    await using jobs = await ground.open({
      concurrency: { load: 1, other: 1 },
    });
    const gate = gateIn(ground);
    const ids: string[] = [];
    for (const tag of ["a", "b", "c"]) {
      ids.push((await jobs.submit(testRequest({ tag, gate }))).id);
    }
    await until("the first runs", () => isRunning(jobs, ids[0]!));
    const counts = await jobs.counts();
    assert.equal(counts.running, 1);
    assert.equal(counts.queued, 2);
    await openGate(gate);
    const records = await Promise.all(ids.map((id) => jobs.finished(id)));
    // One after the other, in the order they came.
    const starts = records.map(({ started_at }) => started_at!);
    assert.deepEqual(starts, starts.toSorted());
    const listed = await jobs.list({ limit: 3 });
    assert.deepEqual(listed.map(({ id }) => id), ids.toReversed());
    const succeeded = { state: "succeeded", source: "test" } as const;
    assert.equal((await jobs.list(succeeded)).length, 3);
    assert.deepEqual(await jobs.list({ state: "failed" }), []);
    assert.deepEqual(await jobs.list({ source: "unheard_of" }), []);
  },

  async "puts running loads back when it closes"(ground) {
    const gate = gateIn(ground);
    const ids: string[] = [];
    {
      await using jobs = await ground.open();
      for (const deaf of [false, true]) {
        const tag = `close-${deaf}`;
        const { id } = await jobs.submit(testRequest({ tag, gate, deaf }));
        ids.push(id);
      }
      for (const id of ids) {
        await until("it runs", () => isRunning(jobs, id));
      }
      await jobs.close();
      for (const id of ids) {
        const job = (await jobs.get(id))!;
        assert.equal(job.state, "queued");
        assert.equal(job.attempts, 0);
      }
      await assert.rejects(jobs.submit(testRequest()), /closing/);
    }
    await openGate(gate);
    await using jobs = await ground.open();
    for (const id of ids) {
      const job = await jobs.finished(id);
      assert.equal(job.state, "succeeded");
      assert.equal(job.attempts, 1);
    }
  },

  async "waits for what is nearly done when it closes"(ground) {
    const gate = gateIn(ground);
    const jobs = await ground.open({ timing: { closeMs: 20_000 } });
    const { id } = await jobs.submit(testRequest({ tag: "nearly", gate }));
    await until("it runs", () => isRunning(jobs, id));
    const closed = jobs.close();
    await openGate(gate);
    await closed;
    assert.equal((await jobs.get(id))?.state, "succeeded");
  },

  async "waits while the pool is full"(ground) {
    let refusals = 2;
    const pool: Ground["pool"] = {
      ...ground.pool,
      run(task, input, options) {
        if (refusals-- > 0) {
          const full = new Error("Cannot run task: the queue is full");
          full.name = "PoolFullError";
          return Promise.reject(full);
        }
        return ground.pool.run(task, input, options);
      },
    };
    await using jobs = await ground.open({ pool });
    const { id } = await jobs.submit(testRequest({ tag: "full" }));
    const job = await jobs.finished(id);
    assert.equal(job.state, "succeeded");
    assert.equal(job.attempts, 1);
  },

  async "gives up a job whose server died in five attempts"(ground) {
    const before = await ground.open();
    const path = await spoolFile(ground);
    const gate = gateIn(ground);
    const { id } = await before.submit(testRequest({ tag: "cursed", gate }, {
      file: { path, name: "upload", bytes: 4, sha256: "ef", spooled: true },
    }));
    await until("it runs", () => isRunning(before, id));
    await before.close();
    // As if the server had died while it ran for the fifth time.
    await ground.engine.executeSql(
      `update jobs set state = 'running', attempts = 5, owner = 'dead',
         lease_until = clock_timestamp() where id = $1::text::uuid`,
      [id],
    );
    await using jobs = await ground.open();
    const job = await jobs.finished(id);
    assert.equal(job.state, "failed");
    assert.match(job.error!.message, /gave up after 5 attempts/);
    // It can be tried again.
    assert.equal((await spooled(ground)).length, 1);
    await openGate(gate);
  },

  async "runs a job whose ticket was lost"(ground) {
    const gate = gateIn(ground);
    await using jobs = await ground.open({
      concurrency: { load: 1, other: 1 },
    });
    const first = await jobs.submit(testRequest({ tag: "first", gate }));
    await until("it runs", () => isRunning(jobs, first.id));
    const second = await jobs.submit(testRequest({ tag: "second" }));
    await ground.engine.executeSql("delete from pgboss.job");
    await openGate(gate);
    assert.equal((await jobs.finished(second.id)).state, "succeeded");
    assert.equal((await ground.effects("second")).started, 1);
  },

  async "deletes uploads that belong to no job, and keeps the others"(
    ground,
  ) {
    const gate = gateIn(ground);
    const before = await ground.open();
    const path = await spoolFile(ground);
    const { id } = await before.submit(testRequest({ tag: "kept", gate }, {
      file: { path, name: "upload", bytes: 4, sha256: "12", spooled: true },
    }));
    await before.close();
    await spoolFile(ground);
    await using jobs = await ground.open({ timing: { orphanMs: 0 } });
    assert.deepEqual(
      (await spooled(ground)).map((name) =>
        join(ground.dataDir, "spool", name)
      ),
      [path],
    );
    await openGate(gate);
    await jobs.finished(id);
    assert.deepEqual(await spooled(ground), []);
  },

  async "stops waiting for a job when told to, or when it closes"(ground) {
    const gate = gateIn(ground);
    const jobs = await ground.open();
    const { id } = await jobs.submit(testRequest({ tag: "wait", gate }));
    const stop = new AbortController();
    const stopped = jobs.finished(id, stop.signal);
    const waiting = jobs.finished(id);
    waiting.catch(() => {});
    stop.abort(new Error("enough"));
    await assert.rejects(stopped, /enough/);
    await jobs.close();
    await assert.rejects(waiting, /closing/);
    await assert.rejects(jobs.finished("no-uuid"), /there is none/);
    assert.equal(await jobs.get(crypto.randomUUID()), undefined);
    await openGate(gate);
  },
};

const contract: Record<string, GroundTest> = {
  ...loadContract,
  ...cancelContract,
  ...requestContract,
  ...kindContract,
  ...scheduleContract,
};

for (const kind of ["PGlite", "PostgreSQL"]) {
  Deno.test(`openJobs() on ${kind}`, async (t) => {
    const dataDir = await Deno.makeTempDir({ prefix: "loophound-jobs-" });
    {
      await using postgres = kind === "PGlite"
        ? undefined
        : await startPostgres();
      await using ground = await openGround(
        dataDir,
        await postgres?.createDatabase(),
      );
      for (const [name, test] of Object.entries(contract)) {
        await t.step(name, async () => {
          try {
            await test(ground);
          } finally {
            await ground.engine.executeSql(emptyTables);
            for (const name of await spooled(ground)) {
              await Deno.remove(join(dataDir, "spool", name));
            }
          }
        });
      }
    }
    assert.equal(enginesAlive(), 0);
    await Deno.remove(dataDir, { recursive: true });
  });
}
