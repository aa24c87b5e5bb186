import assert from "node:assert/strict";
import { join } from "node:path";
import { startPostgres } from "../../tests/helpers/postgres.ts";
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

Deno.test("openJobs() takes over what a server has lost, and voids what it still writes", async () => {
  await onPostgres(async (ground) => {
    const gate = join(ground.dataDir, "gate");
    let cut = false;
    const engine: Ground["engine"] = {
      ...ground.engine,
      executeSql: (text, values) =>
        cut
          ? Promise.reject(new Error("no route to host"))
          : ground.engine.executeSql(text, values),
    };
    const finished: [string, JobRecord][] = [];
    await using lost = await ground.open({
      engine,
      onFinished: (record) => finished.push(["lost", record]),
    });
    const { id } = await lost.submit(
      testRequest({ tag: "over", gate, deaf: true }),
    );
    await until(
      "it runs",
      async () => (await ground.effects("over")).started === 1,
    );
    cut = true;
    await using taker = await ground.open({
      onFinished: (record) => finished.push(["taker", record]),
    });
    await until(
      "it runs there too",
      async () => (await ground.effects("over")).started === 2,
    );
    cut = false;
    await Deno.writeTextFile(gate, "");
    const job = await taker.finished(id);
    assert.equal(job.state, "succeeded");
    assert.equal(job.attempts, 2);
    await until(
      "both have ended",
      async () => (await ground.effects("over")).ended === 2,
    );
    await lost.close();
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
