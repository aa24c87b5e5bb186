import assert from "node:assert/strict";
import { join } from "node:path";
import { startPostgres } from "../../tests/helpers/postgres.ts";
import { sessionPurpose } from "./_job_sessions.ts";
import { type Ground, openGround, testRequest, until } from "./_testing.ts";
import type { JobRecord } from "./types.ts";

async function onPostgres(
  test: (ground: Ground) => Promise<void>,
): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "loophound-jobs-" });
  {
    await using postgres = await startPostgres();
    await using ground = await openGround(
      dataDir,
      await postgres.createDatabase(),
    );
    await test(ground);
  }
  await Deno.remove(dataDir, { recursive: true });
}

/** A spool folder of another machine's. */
async function otherSpool(ground: Ground): Promise<string> {
  const path = join(ground.dataDir, `spool-${crypto.randomUUID()}`);
  await Deno.mkdir(path);
  return path;
}

Deno.test("openJobs() lets two servers start at once and run each load once", async () => {
  await onPostgres(async (ground) => {
    const by: string[] = [];
    const [a, b] = await Promise.all(
      ["a", "b"].map((name) =>
        ground.open({ onFinished: () => by.push(name) })
      ),
    );
    await using first = a!;
    await using second = b!;
    const tags = Array.from({ length: 24 }, (_, index) => `load ${index}`);
    const submitted = await Promise.all(tags.flatMap((tag) => [
      first.submit(testRequest({ tag })),
      second.submit(testRequest({ tag })),
    ]));
    // The servers have their own threads' worth of slots, and one table.
    const ids = new Set(submitted.map(({ id }) => id));
    const records = await Promise.all(
      [...ids].map((id) => first.finished(id)),
    );
    for (const { state, attempts } of records) {
      assert.equal(state, "succeeded");
      assert.equal(attempts, 1);
    }
    let started = 0;
    for (const tag of tags) started += (await ground.effects(tag)).started;
    // A twin that came after its job had ended is a load of its own.
    assert.equal(started, ids.size);
    assert.equal(by.length, ids.size);
    assert.deepEqual(new Set(by), new Set(["a", "b"]));
  });
});

Deno.test("openJobs() runs a load only where its file is", async () => {
  await onPostgres(async (ground) => {
    const spoolDir = await otherSpool(ground);
    const here = await ground.open();
    const there = await ground.open({ spoolDir });
    const { id } = await here.submit(testRequest({ tag: "here" }));
    await here.finished(id);
    await here.close();

    // Queued by a server that is gone; the other has looked several times.
    const gate = join(ground.dataDir, "gate");
    const again = await ground.open();
    const stuck = await again.submit(testRequest({ tag: "stuck", gate }));
    await until(
      "it runs",
      async () => (await again.get(stuck.id))?.state === "running",
    );
    await again.close();
    const { file: _, ...service } = testRequest({ tag: "service" });
    for (let turn = 0; turn < 3; turn++) {
      const any = await there.submit({ ...service, source: "test_service" });
      assert.equal((await there.finished(any.id)).state, "succeeded");
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    assert.equal((await there.get(stuck.id))?.state, "queued");

    await Deno.writeTextFile(gate, "");
    const back = await ground.open();
    assert.equal((await back.finished(stuck.id)).state, "succeeded");
    await back.close();
    await there.close();
  });
});

/** A server that loses the database, while what it runs goes on. */
async function openLost(
  ground: Ground,
  onFinished: (record: JobRecord) => void,
) {
  let cut = false;
  const jobs = await ground.open({
    engine: {
      ...ground.engine,
      executeSql: (text, values) =>
        cut
          ? Promise.reject(new Error("no route to host"))
          : ground.engine.executeSql(text, values),
    },
    onFinished,
  });
  return { jobs, cut: (now: boolean) => void (cut = now) };
}

Deno.test("openJobs() takes over what a server has lost, and voids what it still writes", async () => {
  await onPostgres(async (ground) => {
    const gate = join(ground.dataDir, "gate");
    const finished: [string, JobRecord][] = [];
    const lost = await openLost(
      ground,
      (record) => finished.push(["lost", record]),
    );
    const { id } = await lost.jobs.start("wait", { tag: "over", gate });
    const started = (count: number) =>
      until(
        `${count} run`,
        async () => (await ground.effects("over")).started === count,
      );
    await started(1);
    lost.cut(true);
    await using taker = await ground.open({
      onFinished: (record) => finished.push(["taker", record]),
    });
    await started(2);
    await Deno.writeTextFile(gate, "");
    const job = await taker.finished(id);
    // It has succeeded, too, and tries to say so again and again.
    lost.cut(false);
    assert.equal(job.state, "succeeded");
    assert.equal(job.attempts, 2);
    await lost.jobs.close();
    assert.deepEqual(finished, [["taker", job]]);
    assert.deepEqual(await taker.get(id), job);
  });
});

Deno.test("openJobs() ends the sessions of a load that it takes over, with the locks they hold", async () => {
  await onPostgres(async (ground) => {
    const gate = join(ground.dataDir, "gate");
    const finished: [string, JobRecord][] = [];
    const lost = await openLost(
      ground,
      (record) => finished.push(["lost", record]),
    );
    const { id } = await lost.jobs.submit(
      testRequest({ tag: "held", gate, deaf: true, locks: true }),
    );
    const started = (count: number) =>
      until(
        `${count} run`,
        async () => (await ground.effects("held")).started === count,
      );
    await started(1);
    // Of another job: nobody ends it.
    await using other = await ground.engine.connect(
      sessionPurpose(crypto.randomUUID(), "load test"),
    );
    lost.cut(true);
    // Its thread is alive and holds the lock that the next attempt needs.
    await using taker = await ground.open({
      onFinished: (record) => finished.push(["taker", record]),
    });
    await started(2);
    await Deno.writeTextFile(gate, "");
    const job = await taker.finished(id);
    lost.cut(false);
    assert.equal(job.state, "succeeded");
    assert.equal(job.attempts, 2);
    assert.equal((await ground.effects("held")).ended, 1);
    assert.equal((await other.query("select 1")).rows.length, 1);
    await lost.jobs.close();
    assert.deepEqual(finished, [["taker", job]]);
    assert.deepEqual(await taker.get(id), job);
  });
});

Deno.test("openJobs() fails a queued load whose server does not come back", async () => {
  await onPostgres(async (ground) => {
    const gate = join(ground.dataDir, "gate");
    const gone = await ground.open({ spoolDir: await otherSpool(ground) });
    const { id } = await gone.submit(testRequest({ tag: "gone", gate }));
    await until(
      "it runs",
      async () => (await gone.get(id))?.state === "running",
    );
    await gone.close();
    await using jobs = await ground.open({ timing: { hostGoneMs: 1_000 } });
    const job = await jobs.finished(id);
    assert.equal(job.state, "failed");
    assert.equal(job.error?.name, "HostGoneError");
    await Deno.writeTextFile(gate, "");
  });
});

Deno.test("openJobs() cancels what runs on another server, without waiting for it to look", async () => {
  await onPostgres(async (ground) => {
    const slow = { renewMs: 60_000, leaseMs: 600_000, sweepMs: 60_000 };
    await using runs = await ground.open({ timing: slow });
    const gate = join(ground.dataDir, "gate");
    const load = await runs.submit(testRequest({ tag: "far", gate }));
    const kind = await runs.start("wait", { tag: "far kind", gate });
    for (const { id } of [load, kind]) {
      await until(
        "it runs",
        async () => (await runs.get(id))?.state === "running",
      );
    }
    await using asks = await ground.open({
      spoolDir: await otherSpool(ground),
      timing: slow,
    });
    for (const { id } of [load, kind]) {
      assert.equal((await asks.cancel(id))?.cancelling, true);
      assert.equal((await asks.finished(id)).state, "cancelled");
    }
    assert.equal((await ground.effects("far")).ended, 0);
  });
});

Deno.test("openJobs() hears of jobs that another server has queued, without looking", async () => {
  await onPostgres(async (ground) => {
    const slow = { pollMs: 600_000, sweepMs: 600_000 };
    const by: string[] = [];
    await using idle = await ground.open({
      timing: slow,
      onFinished: () => by.push("idle"),
    });
    await using busy = await ground.open({
      timing: slow,
      concurrency: { load: 1, other: 1 },
      onFinished: () => by.push("busy"),
    });
    const gate = join(ground.dataDir, "gate");
    // More than the one who queues can run: the other must take some.
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) {
      ids.push((await busy.start("wait", { tag: `n${index}`, gate })).id);
    }
    for (const id of ids) {
      await until(
        "it runs somewhere",
        async () => (await idle.get(id))?.state === "running",
      );
    }
    await Deno.writeTextFile(gate, "");
    for (const id of ids) await idle.finished(id);
    await until("all have said so", () => Promise.resolve(by.length === 3));
    assert.ok(by.includes("idle"));
  });
});

Deno.test("openJobs() goes on when another server was quicker: all work until the queue is empty", async () => {
  await onPostgres(async (ground) => {
    const by: string[] = [];
    const count = 200;
    const servers = await Promise.all(
      ["a", "b"].map((name) =>
        ground.open({
          // Only the queue tells them of work: no sweep helps a worker that
          // has given up too early.
          timing: { sweepMs: 600_000, pollMs: 600_000 },
          onFinished: () => by.push(name),
        })
      ),
    );
    await using a = servers[0]!;
    await using _b = servers[1]!;
    const made = await Promise.all(
      Array.from(
        { length: count },
        (_, index) => a.start("wait", { tag: `race ${index}` }),
      ),
    );
    await until("all are done", () => Promise.resolve(by.length >= count));
    for (const { id } of made) {
      const job = (await a.get(id))!;
      assert.equal(job.state, "succeeded");
      assert.equal(job.attempts, 1);
    }
    const { rows } = await ground.engine.executeSql(
      "select count(*)::int as count from effects where what = 'started'",
    );
    assert.equal(rows[0]?.count, count);
    // Neither was idle while the other worked: each has a fair part.
    for (const name of ["a", "b"]) {
      assert.ok(by.filter((it) => it === name).length > count / 10, name);
    }
  });
});

Deno.test("openJobs() makes one job of a time that a schedule is due, on however many servers", async () => {
  await onPostgres(async (ground) => {
    const servers = await Promise.all([1, 2, 3].map(() => ground.open()));
    await using first = servers[0]!;
    await using _second = servers[1]!;
    await using _third = servers[2]!;
    await first.schedules.put("often", {
      cron: "0 0 1 1 *",
      kind: "wait",
      input: { tag: "often" },
    });
    const never = AbortSignal.abort();
    for (let round = 1; round <= 5; round++) {
      await ground.engine.executeSql(
        `update job_schedules set next_at = date_trunc('second',
           clock_timestamp()) - make_interval(hours => 100 - $1::int)
         where name = 'often'`,
        [round],
      );
      await Promise.all(servers.map((one) => one.drainQueue(never)));
      const made = await first.list({ schedule: "often" });
      assert.equal(made.length, round);
      await first.finished(made[0]!.id);
    }
  });
});

Deno.test("openJobs() leaves jobs of kinds that it does not know to servers that do", async () => {
  await onPostgres(async (ground) => {
    await using old = await ground.open({ kinds: [] });
    const knows = await ground.open();
    knows.pause();
    const { id } = await knows.start("wait", { tag: "new" });
    await old.drainQueue(new AbortController().signal);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.equal((await old.get(id))?.state, "queued");
    await knows.close();
    await using again = await ground.open();
    assert.equal((await again.finished(id)).state, "succeeded");
  });
});
