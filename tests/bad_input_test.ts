/** Everything that can be wrong with a request or a file says what and where. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { load, onBothEngines, type TestSystem } from "./helpers/system.ts";

async function inbox(
  system: TestSystem,
  name: string,
  bytes: Uint8Array | string,
) {
  const folder = `${system.dataDir}/inbox`;
  await Deno.mkdir(folder, { recursive: true });
  const path = `${folder}/${name}`;
  if (typeof bytes === "string") await Deno.writeTextFile(path, bytes);
  else await Deno.writeFile(path, bytes);
  return path;
}

/** Rows that look like Descartes', so that a fault can stand in the middle. */
function rows(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `GENE${i},${i / 8}`);
}

function withLine(at: number, line: string): string {
  const all = rows(1000);
  all[at - 1] = line;
  return all.join("\n") + "\n";
}

const GCT =
  "#1.2\n2\t3\nName\tDescription\tA\tB\tC\nE1\tG1\t1\t2\t3\nE2\tG2\t1\t2\t3\n";

onBothEngines(
  "A faulty file fails its load, names the line, and leaves the old data",
  async (system) => {
    const good = await inbox(system, "good.csv", "PKD1,1.5\nPKD2,2.5\n");
    const first = await load(system, "descartes", { path: good, part: "tpm" });
    assert.equal(first.state, "succeeded", String(first.error?.message));

    const faults: [
      string,
      string,
      string | Uint8Array,
      RegExp,
      number | null,
    ][] = [
      [
        "descartes",
        "binary",
        new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 0, 10, 0xff]),
        /NUL|text|UTF-8|binary/i,
        1,
      ],
      [
        "descartes",
        "truncated.gz",
        // deno-lint-ignore loophound/no-sync-call -- test input, made before the load
        gzipSync(rows(5000).join("\n")).subarray(0, 9000),
        /gzip|truncated/i,
        null,
      ],
      ["descartes", "open-quote", withLine(500, '"GENE499,1'), /quote/i, 500],
      ["descartes", "stray-quote", withLine(700, 'GE"NE699,1'), /quote/i, 700],
      ["descartes", "backslash-dot", withLine(300, "\\."), /\\\./, 300],
      [
        "descartes",
        "not-utf8",
        new Uint8Array([
          ...new TextEncoder().encode("A,1\nB"),
          0xff,
          ...new TextEncoder().encode(",2\n"),
        ]),
        /UTF-8/i,
        2,
      ],
      ["descartes", "empty", "", /no rows|empty/i, null],
      ["descartes", "nothing-usable", "a,b\nc,d\n", /none of its 2 rows/, 1],
      ["gtex", "columns", GCT.replace("2\t3\n", "2\t4\n"), /4|3/, 3],
      ["gtex", "row-count", GCT.replace("2\t3\n", "3\t3\n"), /3.*2|2.*3/, 2],
      [
        "hgnc",
        "truncated-json",
        '{"response":{"docs":[{"hgnc_id":"HGNC:1","symbol":"A1BG"},{"hg',
        /JSON|end|truncated/i,
        1,
      ],
      ["diagnostic_panels", "no-genes", '{"provider_id":"x"}', /genes/, 1],
    ];
    for (const [source, name, bytes, says, line] of faults) {
      const path = await inbox(system, name, bytes);
      const job = await load(system, source, {
        path,
        ...(source === "descartes" ? { part: "tpm" } : {}),
      });
      assert.equal(
        job.state,
        "failed",
        `${name}: ${JSON.stringify(job.report)}`,
      );
      assert.match(job.error!.message, says, name);
      assert.equal(job.error!.line, line, `${name}: ${job.error!.message}`);
      assert.equal(
        job.attempts,
        1,
        `${name}: a faulty file is not tried again`,
      );
    }

    const dryRun = await load(system, "descartes", {
      path: good,
      part: "tpm",
      dry_run: true,
    });
    assert.equal(dryRun.report!.unresolved + dryRun.report!.unchanged, 2);
    const health = await system.fetch("/readyz");
    assert.equal(health.status, 200);
    await health.body?.cancel();
  },
);

onBothEngines(
  "A faulty request is answered by a problem document",
  async (system) => {
    await Deno.mkdir(`${system.dataDir}/inbox`, { recursive: true });
    await Deno.writeTextFile(`${system.dataDir}/secret.csv`, "A,1\n");
    await Deno.symlink(
      `${system.dataDir}/secret.csv`,
      `${system.dataDir}/inbox/link.csv`,
    );
    const post = (body: unknown): RequestInit => ({
      method: "POST",
      headers: { "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    const inboxPath = `${system.dataDir}/inbox`;
    const cases: [string, RequestInit, number, RegExp][] = [
      ["/api/nothing", {}, 404, /GET \/api\/nothing/],
      [
        "/api/sources/nothing/load",
        post({ path: "x" }),
        404,
        /"nothing".*descartes/,
      ],
      [
        "/api/sources/descartes/load",
        post({ path: `${inboxPath}/../secret.csv`, part: "tpm" }),
        403,
        /outside/,
      ],
      [
        "/api/sources/descartes/load",
        post({ path: `${inboxPath}/link.csv`, part: "tpm" }),
        403,
        /outside/,
      ],
      [
        "/api/sources/descartes/load",
        post({ path: "/etc/passwd", part: "tpm" }),
        403,
        /outside/,
      ],
      [
        "/api/sources/descartes/load",
        post({ path: `${inboxPath}/none.csv`, part: "tpm" }),
        404,
        /none\.csv/,
      ],
      [
        "/api/sources/descartes/load",
        post({ path: `${inboxPath}/x`, part: "other" }),
        400,
        /part/,
      ],
      [
        "/api/sources/descartes/load",
        post({ path: `${inboxPath}/x`, part: "tpm", colour: 1 }),
        400,
        /colour/,
      ],
      ["/api/sources/descartes/load", post({ part: "tpm" }), 400, /path/],
      ["/api/sources/descartes/load", post("{"), 400, /path|JSON/],
      [
        "/api/sources/descartes/load?part=tpm",
        { method: "POST", headers: { "content-type": "image/png" }, body: "x" },
        415,
        /image\/png/,
      ],
      [
        "/api/sources/descartes/load?part=tpm",
        {
          method: "POST",
          headers: { "content-type": "text/csv" },
          body: "A,1\n".repeat(300_000),
        },
        413,
        /limit|1 ?MB|bytes/i,
      ],
      ["/api/genes?filter[colour]=blue", {}, 400, /filter\[colour\]/],
      ["/api/genes?page[size]=101", {}, 400, /page\[size\]/],
      ["/api/genes?page[number]=0", {}, 400, /page\[number\]/],
      ["/api/genes?sort=colour", {}, 400, /colour/],
      ["/api/genes?filter[tier]=gold", {}, 400, /filter\[tier\]/],
      ["/api/genes?filter[min_score]=much", {}, 400, /filter\[min_score\]/],
      ["/api/genes/NOSUCHGENE", {}, 404, /NOSUCHGENE/],
      ["/api/genes/%00", {}, 400, /./],
      ["/api/jobs/1", {}, 404, /"1"/],
      ["/api/jobs?state=lost", {}, 400, /state/],
      ["/api/ops/blocks?limit=x", {}, 400, /limit/],
      ["/api/statistics/summary?x=1", {}, 400, /x/],
    ];
    for (const [path, init, status, says] of cases) {
      const response = await system.fetch(path, init);
      const problem = await response.json();
      const told = `${init.method ?? "GET"} ${path}: ${
        JSON.stringify(problem)
      }`;
      assert.equal(response.status, status, told);
      assert.equal(
        response.headers.get("content-type"),
        "application/problem+json",
        told,
      );
      assert.equal(problem.status, status, told);
      assert.match(problem.detail, says, told);
    }
    const jobs = await system.json<{ data: unknown[] }>("/api/jobs");
    assert.deepEqual(jobs.data, []);
  },
  { env: { MAX_BODY_MB: "1" } },
);

onBothEngines(
  "Rows that are no data are listed with line, column and reason",
  async (system) => {
    const path = await inbox(
      system,
      "some.csv",
      "A,1\nB,NaN\nC,1e999\nD\nA,2\n,5\n E , 7 \nF,1,2\n",
    );
    const job = await load(system, "descartes", { path, part: "tpm" });
    assert.equal(job.state, "succeeded", String(job.error?.message));
    const { report } = job;
    assert.deepEqual(
      [report!.rows, report!.accepted, report!.rejected, report!.duplicates],
      [8, 3, 5, 1],
    );
    const lines = report!.reasons.flatMap((reason) =>
      reason.examples.map((example) => example.line)
    ).sort((a, b) => a - b);
    assert.deepEqual(lines, [2, 3, 4, 6, 8]);
  },
);
