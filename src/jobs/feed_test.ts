import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import type { Engine, ListenOptions } from "../db/types.ts";
import { insertJob, openJobTables, writeProgress } from "./_feed_fixture.ts";
import { followEvents, openJobFeed } from "./feed.ts";
import type { JobEvent } from "./types.ts";

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`Never so: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** An engine whose statements are counted. */
function counting(engine: Engine) {
  const counted = { statements: 0 };
  const listen = engine.listen?.bind(engine);
  return Object.assign(counted, {
    engine: {
      executeSql(text: string, values?: readonly unknown[]) {
        counted.statements++;
        return engine.executeSql(text, values);
      },
      ...(listen === undefined ? {} : { listen }),
    },
  });
}

for (const kind of ["pglite", "postgres"] as const) {
  Deno.test(`openJobFeed() tells of events in order and from any number on ${kind}`, async () => {
    await using test = await openJobTables(kind);
    const { engine } = test;
    const early = await insertJob(engine);
    await using feed = await openJobFeed({ engine, timing: { pollMs: 20 } });
    equal(feed.newest, 1);
    equal(await feed.oldest(), 1);

    const got: JobEvent[] = [];
    const end = new AbortController();
    const following = (async () => {
      for await (
        const events of followEvents(feed, { after: 0, signal: end.signal })
      ) got.push(...events);
    })();
    await until("the early one was read", () => got.length === 1);
    const late = await insertJob(engine);
    await writeProgress(engine, late, 1);
    await writeProgress(engine, early, 2);
    // Nothing changes, so nothing is told.
    await writeProgress(engine, early, 2);
    await until("all were read", () => got.length === 4);
    end.abort(new Error("enough"));
    await rejects(following, /enough/);
    deepEqual(got.map(({ seq, job, type }) => [seq, job, type]), [
      [1, early, "queued"],
      [2, late, "queued"],
      [3, late, "progress"],
      [4, early, "progress"],
    ]);
    equal(got[3]?.data.kind, "load");
    equal(got[3]?.data.source, "test");
    ok(!Number.isNaN(Date.parse(got[3]?.at ?? "")));
    equal(feed.newest, 4);

    const seqs = (events: JobEvent[]) => events.map(({ seq }) => seq);
    deepEqual(seqs(await feed.read(0, { job: late })), [2, 3]);
    deepEqual(seqs(await feed.read(1, { limit: 2 })), [2, 3]);
    deepEqual(seqs(await feed.read(2, { job: early })), [4]);
    deepEqual(seqs(await feed.read(4)), []);
    await engine.executeSql("delete from job_events where seq < 3");
    equal(await feed.oldest(), 3);
  });

  Deno.test(`openJobFeed() looks once for many who wait on ${kind}`, async () => {
    await using test = await openJobTables(kind);
    const id = await insertJob(test.engine);
    const counted = counting(test.engine);
    await using feed = await openJobFeed({
      engine: counted.engine,
      timing: { pollMs: 20 },
    });
    if (kind === "postgres") {
      await until("it listens", () => feed.mode === "listen");
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    const idle = counted.statements;
    await new Promise((resolve) => setTimeout(resolve, 100));
    equal(counted.statements, idle);

    const end = new AbortController();
    const got = Array.from({ length: 300 }, () => 0);
    const following = got.map(async (_, at) => {
      for await (
        const events of followEvents(feed, { after: 1, signal: end.signal })
      ) got[at]! += events.length;
    });
    const settled = Promise.allSettled(following);
    for (let done = 1; done <= 10; done++) {
      await writeProgress(test.engine, id, done);
      feed.nudge();
      await until("all were told", () => got.every((it) => it === done));
    }
    // Each event may cost some looks, but not one for each who waits.
    const before = counted.statements - idle;
    ok(before < 600, `${before} statements`);
    end.abort();
    await settled;
  });
}

Deno.test("openJobFeed() is told by PostgreSQL, and does not poll", async () => {
  await using test = await openJobTables("postgres");
  const id = await insertJob(test.engine);
  await using feed = await openJobFeed({
    engine: test.engine,
    timing: { pollMs: 3_600_000, checkMs: 3_600_000 },
  });
  await until("it listens", () => feed.mode === "listen");
  for (let done = 1; done <= 5; done++) {
    const told = feed.changed(feed.newest);
    await writeProgress(test.engine, id, done);
    await told;
  }
  equal(feed.newest, 6);
});

Deno.test("openJobFeed() connects again and finds what was said meanwhile", async () => {
  await using test = await openJobTables("postgres");
  const id = await insertJob(test.engine);
  await using feed = await openJobFeed({
    engine: test.engine,
    timing: { pollMs: 3_600_000, checkMs: 3_600_000, backoffMs: 10 },
  });
  await until("it listens", () => feed.mode === "listen");
  const told = feed.changed(1);
  // In one statement: the connection is gone before anything is said.
  await test.engine.executeSql(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name like 'loophound listen%'`,
  );
  await writeProgress(test.engine, id, 1);
  await told;
  equal((await feed.read(1)).length, 1);
  await until("it listens again", () => feed.mode === "listen");
  const next = feed.changed(2);
  await writeProgress(test.engine, id, 2);
  await next;
});

/** An engine whose LISTEN is taken and tells nothing, until `works` is set. */
function throughPooler(engine: Engine) {
  const pooler = { works: false, tries: 0, live: new Set<ListenOptions>() };
  return {
    pooler,
    engine: {
      executeSql: (text: string, values?: readonly unknown[]) =>
        engine.executeSql(text, values),
      async listen(channel: string, options: ListenOptions) {
        pooler.tries++;
        pooler.live.add(options);
        return await engine.listen!(channel, {
          ...options,
          onNotice(payload) {
            if (pooler.works) options.onNotice(payload);
          },
        });
      },
    },
  };
}

Deno.test("openJobFeed() polls where notices do not arrive, and listens once they do", async () => {
  await using test = await openJobTables("postgres");
  const id = await insertJob(test.engine);
  const { engine, pooler } = throughPooler(test.engine);
  await using feed = await openJobFeed({
    engine,
    timing: { pollMs: 20, proofMs: 100, retryMs: 100 },
  });
  await until("it has tried twice", () => pooler.tries > 1);
  equal(feed.mode, "poll");
  const told = feed.changed(1);
  await writeProgress(test.engine, id, 1);
  await told;
  pooler.works = true;
  await until("it listens", () => feed.mode === "listen");
});

Deno.test("openJobFeed() finds out that notices have stopped to come", async () => {
  await using test = await openJobTables("postgres");
  const id = await insertJob(test.engine);
  const { engine, pooler } = throughPooler(test.engine);
  pooler.works = true;
  await using feed = await openJobFeed({
    engine,
    timing: { checkMs: 20, pollMs: 20, proofMs: 100, retryMs: 50 },
  });
  await until("it listens", () => feed.mode === "listen");
  const tries = pooler.tries;
  pooler.works = false;
  const end = new AbortController();
  const waiting = feed.changed(1_000_000, end.signal);
  await writeProgress(test.engine, id, 1);
  await until("it has connected anew", () => pooler.tries > tries);
  await until("it polls", () => feed.mode === "poll");
  end.abort(new Error("enough"));
  await rejects(waiting, /enough/);
});

Deno.test("openJobFeed() tells who waits that it closes", async () => {
  await using test = await openJobTables("postgres");
  const feed = await openJobFeed({ engine: test.engine });
  const waiting = feed.changed(0);
  const closing = feed.close();
  await rejects(waiting, /the server is closing/);
  await closing;
  await rejects(feed.changed(0), /the server is closing/);
});
