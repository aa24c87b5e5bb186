/** What clients do to jobs and schedules over HTTP. */
import assert from "node:assert/strict";
import { onBothEngines, type TestSystem } from "./helpers/system.ts";

interface Answer {
  status: number;
  location: string | null;
  // deno-lint-ignore no-explicit-any -- answers of many routes
  body: any;
}

async function send(
  system: TestSystem,
  request: string,
  options: { json?: unknown; body?: string; key?: string } = {},
): Promise<Answer> {
  const [method, path] = request.split(" ") as [string, string];
  const headers: Record<string, string> = {
    "content-type": options.body === undefined
      ? "application/json"
      : "text/csv",
  };
  if (options.key !== undefined) headers["idempotency-key"] = options.key;
  const body = options.body ??
    (options.json === undefined ? null : JSON.stringify(options.json));
  const response = await system.fetch(path, { method, headers, body });
  const text = await response.text();
  return {
    status: response.status,
    location: response.headers.get("location"),
    body: text === "" ? undefined : JSON.parse(text),
  };
}

onBothEngines(
  "Jobs are queued, found, cancelled and tried again over HTTP",
  async (system) => {
    const { jobs } = system.backend;
    const load = "POST /api/sources/descartes/load?part=tpm";

    // One key, one load, also when it has ended; a copy of the body goes.
    const first = await send(system, load, { body: "PKD1,1\n", key: "k-1" });
    assert.equal(first.status, 202);
    assert.equal(first.location, `/api/jobs/${first.body.id}`);
    assert.equal(first.body.key, "k-1");
    await jobs.finished(first.body.id);
    const same = await send(system, load, { body: "PKD1,1\n", key: "k-1" });
    assert.equal(same.status, 202);
    assert.equal(same.body.id, first.body.id);
    assert.equal(same.body.state, "succeeded");
    const other = await send(system, load, { body: "PKD1,2\n", key: "k-1" });
    assert.equal(other.status, 409);
    assert.equal(other.body.type, "urn:loophound:problem:idempotency-conflict");
    for (const key of ["with space", "x".repeat(256), "schedule:x"]) {
      const refused = await send(system, load, { body: "A,1\n", key });
      assert.equal(refused.status, 400);
      assert.equal(refused.body.errors[0].field, "Idempotency-Key");
    }
    const uploads = (await Array.fromAsync(
      Deno.readDir(`${system.dataDir}/spool`),
    )).filter(({ name }) => name.endsWith(".upload"));
    assert.deepEqual(uploads, []);

    const ranked = await send(system, `${load}&priority=7`, {
      body: "PKD1,3\n",
    });
    assert.equal(ranked.body.priority, 7);
    await jobs.finished(ranked.body.id);
    const tooHigh = await send(system, `${load}&priority=101`, {
      body: "PKD1,3\n",
    });
    assert.equal(tooHigh.status, 400);

    // Over already: nothing to cancel, nothing to try again.
    const path = `/api/jobs/${first.body.id}`;
    assert.equal((await send(system, `DELETE ${path}`)).status, 409);
    const retried = await send(system, `POST ${path}/retry`);
    assert.equal(retried.status, 409);
    assert.match(retried.body.detail, /it is succeeded/);
    const none = `/api/jobs/${crypto.randomUUID()}`;
    assert.equal((await send(system, `DELETE ${none}`)).status, 404);
    assert.equal((await send(system, `POST ${none}/retry`)).status, 404);
    assert.equal((await send(system, "DELETE /api/jobs/x")).status, 404);

    // Input at fault: its upload is gone.
    const bad = await send(system, load, { body: '"open\n' });
    await jobs.finished(bad.body.id);
    const again = await send(system, `POST /api/jobs/${bad.body.id}/retry`);
    assert.equal(again.status, 409);
    assert.match(again.body.detail, /send the file again/);

    // Other kinds.
    const prune = await send(system, "POST /api/jobs", {
      json: { kind: "prune", priority: -3 },
      key: "p-1",
    });
    assert.equal(prune.status, 202);
    assert.equal(prune.body.kind, "prune");
    assert.equal(prune.body.source, null);
    const pruned = await jobs.finished(prune.body.id);
    assert.deepEqual(pruned.result, { jobs: 0, events: 0 });
    for (const json of [{ kind: "load" }, { kind: "no" }, {}, { input: 1 }]) {
      assert.equal(
        (await send(system, "POST /api/jobs", { json })).status,
        400,
      );
    }

    // A queued job is cancelled at once, and can be tried again.
    jobs.pause();
    const queued = await send(system, "POST /api/jobs", {
      json: { kind: "prune" },
    });
    const cancelled = await send(system, `DELETE /api/jobs/${queued.body.id}`);
    assert.equal(cancelled.status, 200);
    assert.equal(cancelled.body.state, "cancelled");
    const twice = await send(system, `DELETE /api/jobs/${queued.body.id}`);
    assert.equal(twice.status, 200);
    const back = await send(system, `POST /api/jobs/${queued.body.id}/retry`);
    assert.equal(back.status, 202);
    assert.equal(back.body.state, "queued");

    // Page by page, with the filters kept.
    const seen: string[] = [];
    for (let next: string | null = "/api/jobs?kind=load&limit=2"; next;) {
      const page: Answer = await send(system, `GET ${next}`);
      seen.push(...page.body.data.map(({ id }: { id: string }) => id));
      next = page.body.next;
    }
    assert.deepEqual(seen, [bad.body.id, ranked.body.id, first.body.id]);
  },
);

onBothEngines("Schedules are kept over HTTP", async (system) => {
  const inbox = `${system.dataDir}/inbox`;
  await Deno.mkdir(inbox, { recursive: true });
  await Deno.writeTextFile(`${inbox}/nightly.csv`, "PKD1,1\n");
  const json = {
    cron: "30 2 * * *",
    timezone: "Europe/Zurich",
    source: "descartes",
    path: "nightly.csv",
    input: { part: "tpm" },
  };
  const made = await send(system, "PUT /api/schedules/nightly", { json });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  assert.equal(made.body.kind, "load");
  assert.ok(made.body.next_at > new Date().toISOString());
  const changed = await send(system, "PUT /api/schedules/nightly", {
    json: { ...json, cron: "0 4 * * *" },
  });
  assert.equal(changed.status, 200);
  const list = await send(system, "GET /api/schedules");
  assert.deepEqual(
    list.body.data.map((
      { name, cron }: Record<string, string>,
    ) => [name, cron]),
    [["nightly", "0 4 * * *"], ["prune", "17 */6 * * *"]],
  );
  const refusals: [Record<string, unknown>, number, string][] = [
    [{ ...json, cron: "0 25 * * *" }, 400, "cron"],
    [{ ...json, timezone: "Nowhere" }, 400, "timezone"],
    [{ ...json, path: "none.csv" }, 404, "path"],
    [{ ...json, path: "/etc/passwd" }, 403, "path"],
    [{ ...json, input: { part: "no" } }, 400, "input.part"],
    [{ ...json, more: 1 }, 400, "more"],
  ];
  for (const [json, status, field] of refusals) {
    const refused = await send(system, "PUT /api/schedules/x", { json });
    assert.equal(refused.status, status, JSON.stringify(refused.body));
    assert.equal(refused.body.errors[0].field, field);
  }
  const remove = (name: string) =>
    send(system, `DELETE /api/schedules/${name}`);
  assert.equal((await remove("nightly")).status, 204);
  assert.equal((await remove("nightly")).status, 404);
  assert.equal((await remove("prune")).status, 409);
});
