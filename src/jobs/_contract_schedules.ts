import assert from "node:assert/strict";
import { join } from "node:path";
import {
  gateIn,
  type Ground,
  type GroundTest,
  openGate,
  until,
} from "./_testing.ts";
import type { Jobs } from "./types.ts";

/** As if no server had been up for that long. */
async function missed(ground: Ground, name: string, ago: string) {
  await ground.engine.executeSql(
    `update job_schedules set next_at =
       date_trunc('second', clock_timestamp() - $2::text::interval)
     where name = $1`,
    [name, ago],
  );
}

async function madeBy(jobs: Jobs, schedule: string) {
  return await jobs.list({ schedule });
}

/** Schedules and what is deleted by one, on every engine. */
export const scheduleContract: Record<string, GroundTest> = {
  async "makes a job each time a schedule is due"(ground) {
    await using jobs = await ground.open();
    const put = await jobs.schedules.put("tick", {
      cron: "* * * * * *",
      kind: "wait",
      input: { tag: "tick" },
      priority: 3,
    });
    assert.ok(put.created);
    await until(
      "three were made",
      async () => (await madeBy(jobs, "tick")).length >= 3,
    );
    assert.equal(await jobs.schedules.remove("tick"), true);
    assert.equal(await jobs.schedules.remove("tick"), false);
    const made = await madeBy(jobs, "tick");
    for (const { id } of made) await jobs.finished(id);
    for (const { key, priority, kind, input } of made) {
      assert.match(key!, /^schedule:tick:\d{4}-.*:\d\d\.000Z$/);
      assert.equal(priority, 3);
      assert.equal(kind, "wait");
      assert.deepEqual(input, { tag: "tick" });
    }
    assert.equal(new Set(made.map(({ key }) => key)).size, made.length);
  },

  async "makes one job of all the times that were missed"(ground) {
    {
      await using jobs = await ground.open();
      await jobs.schedules.put("hourly", {
        cron: "0 * * * *",
        timezone: "Asia/Kolkata",
        kind: "wait",
        input: { tag: "hourly" },
      });
    }
    await missed(ground, "hourly", "5 hours");
    await using jobs = await ground.open();
    await until(
      "it was made up for",
      async () => (await madeBy(jobs, "hourly")).length > 0,
    );
    const [job, ...others] = await madeBy(jobs, "hourly");
    assert.deepEqual(others, []);
    await jobs.finished(job!.id);
    const read = async () =>
      (await jobs.schedules.list()).find(({ name }) => name === "hourly")!;
    // The next time is worked out after the job was made.
    await until(
      "it is noted",
      async () => (await read()).last_job !== null,
    );
    const schedule = await read();
    assert.equal(schedule.last_job, job!.id);
    assert.equal(schedule.last_error, null);
    assert.ok(schedule.last_at! < new Date().toISOString());
    // On the hour where the clocks are half an hour off.
    assert.match(schedule.next_at!, /:30:00\.000Z$/);
    assert.ok(new Date(schedule.next_at!).getTime() > Date.now() - 60_000);
  },

  async "does not begin a scheduled job beside the one before"(ground) {
    await using jobs = await ground.open();
    const gate = gateIn(ground);
    await jobs.schedules.put("slow", {
      cron: "0 0 1 1 *",
      kind: "wait",
      input: { tag: "slow", gate },
    });
    const fire = async (ago: string) => {
      await missed(ground, "slow", ago);
      const stop = new AbortController();
      stop.abort();
      await jobs.drainQueue(stop.signal);
    };
    await fire("2 hours");
    await fire("1 hour");
    const made = await madeBy(jobs, "slow");
    assert.equal(made.length, 1);
    await openGate(gate);
    await jobs.finished(made[0]!.id);
    await fire("30 minutes");
    assert.equal((await madeBy(jobs, "slow")).length, 2);
    await jobs.drainQueue(new AbortController().signal);
  },

  async "loads a scheduled file, and says why it cannot"(ground) {
    await using jobs = await ground.open();
    const path = join(ground.dataDir, "nightly.csv");
    await Deno.writeTextFile(path, "A,1\n");
    const { schedule } = await jobs.schedules.put("nightly", {
      cron: "30 2 * * *",
      timezone: "Europe/Zurich",
      source: "test",
      path: "nightly.csv",
      input: { tag: "nightly" },
    });
    assert.equal(schedule.kind, "load");
    assert.equal(schedule.built_in, false);
    await missed(ground, "nightly", "1 minute");
    const signal = new AbortController().signal;
    await jobs.drainQueue(signal);
    const [job] = await madeBy(jobs, "nightly");
    assert.equal(job?.state, "succeeded");
    assert.equal(job.input.path, "nightly.csv");
    assert.equal((await ground.effects("nightly")).ended, 1);
    await Deno.remove(path);
    await missed(ground, "nightly", "1 second");
    await jobs.drainQueue(signal);
    const after = (await jobs.schedules.list())
      .find(({ name }) => name === "nightly");
    assert.match(after!.last_error!, /nightly\.csv.*no such file/);
    assert.equal(after!.last_job, job.id);
    assert.equal((await madeBy(jobs, "nightly")).length, 1);
  },

  async "refuses schedules that could not work, naming the field"(ground) {
    await using jobs = await ground.open();
    const kind = "wait";
    const input = { tag: "x" };
    const cron = "* * * * *";
    const refused: [string, Parameters<Jobs["schedules"]["put"]>[1], RegExp][] =
      [
        ["Bad Name", { cron, kind, input }, /^name: /],
        ["x", { cron: "61 * * * *", kind, input }, /^cron: /],
        ["x", { cron: "nonsense", kind, input }, /^cron: /],
        ["x", { cron: "RRULE:FREQ=DAILY", kind, input }, /^cron: /],
        ["x", { cron, timezone: "Mars/Olympus", kind, input }, /^timezone: /],
        ["x", { cron }, /^kind: /],
        ["x", { cron, kind, source: "test", input }, /^kind: /],
        ["x", { cron, kind: "nothing", input }, /^kind: /],
        ["x", { cron, kind, input: {} }, /^input\.tag: /],
        ["x", { cron, kind, input, path: "a" }, /^path: /],
        ["x", { cron, kind, input, priority: 1.5 }, /^priority: /],
        ["x", { cron, source: "nothing" }, /^source: /],
        ["x", { cron, source: "test" }, /^path: is missing/],
        ["x", { cron, source: "test_service", path: "a" }, /^path: /],
        ["x", { cron, source: "test", path: "/etc/passwd" }, /outside/],
        [
          "x",
          { cron, source: "test", path: "a", input: { no: 1 } },
          /input\.no/,
        ],
      ];
    for (const [name, request, message] of refused) {
      await assert.rejects(jobs.schedules.put(name, request), (error) => {
        assert.match(String((error as Error).message), message);
        return true;
      });
    }
    const all = await jobs.schedules.list();
    assert.deepEqual(
      all.map(({ name, built_in }) => ({ name, built_in })),
      [{ name: "prune", built_in: true }],
    );
    await assert.rejects(jobs.schedules.remove("prune"), /built in/);
    const moved = await jobs.schedules.put("prune", {
      cron: "5 5 * * *",
      kind: "prune",
    });
    assert.equal(moved.created, false);
    await jobs.close();
    await using again = await ground.open();
    assert.equal((await again.schedules.list())[0]?.cron, "5 5 * * *");
  },

  async "prunes old jobs and events in small steps"(ground) {
    await using jobs = await ground.open({
      retention: { days: 2, events: 40, batch: 3 },
    });
    const add = (count: number, age: string) =>
      ground.engine.executeSql(
        `insert into jobs (id, kind, input, request, dedup_key, progress, state,
           finished_at)
         select gen_random_uuid(), 'wait', '{}', 'null', $1::text || n, '{}',
           'succeeded', clock_timestamp() - $1::text::interval
         from generate_series(1, $2::int) n`,
        [age, count],
      );
    await add(10, "3 days");
    await add(30, "1 day");
    await ground.engine.executeSql(
      `update jobs set progress = '{"done": 1}' where state = 'succeeded'`,
    );
    const { id } = await jobs.start("prune", {});
    const job = await jobs.finished(id);
    assert.equal(job.state, "succeeded", String(job.error?.message));
    assert.equal((job.result as { jobs: number }).jobs, 10);
    assert.equal((await jobs.list({ kind: "wait", limit: 100 })).length, 30);
    const { rows } = await ground.engine.executeSql(
      `select count(*)::int as count from job_events
       where job not in (select id from jobs)
         or (type = 'progress' and job <> $1::text::uuid)`,
      [id],
    );
    assert.equal(rows[0]?.count, 0);
    await add(60, "1 minute");
    const second = await jobs.start("prune", {});
    await jobs.finished(second.id);
    const kept = await ground.engine.executeSql(
      "select count(*)::int as count from job_events",
    );
    // The end of the prune itself came after it had counted.
    assert.ok(Number(kept.rows[0]?.count) <= 44);
  },
};
