import { startServer, type TestServer } from "../../tests/helpers/server.ts";
import { emptyDatabase, loadEnd, timedLoad } from "./catalogue.ts";
import type { Context } from "./context.ts";
import type { Figure } from "./figure.ts";
import { writeDescartes } from "./input.ts";
import { recordMerge } from "./merge_script.ts";
import { psqlCommand, psqlScript } from "./psql.ts";
import { median } from "./statistics.ts";

const ROUNDS = 3;

async function upload(server: TestServer, path: string): Promise<number> {
  const started = performance.now();
  const file = await Deno.open(path);
  const { id } = await server.json<{ id: string }>(
    "/api/sources/descartes/load?part=tpm",
    {
      method: "POST",
      headers: { "content-type": "text/csv" },
      body: file.readable,
    },
  );
  await loadEnd(server, id);
  return (performance.now() - started) / 1000;
}

async function benchPostgres(context: Context): Promise<Figure[]> {
  const files = [await context.descartes(1), await context.descartes(2)];
  const small: string[] = [];
  for (const version of [1, 2]) {
    const path = `${context.folder}/small${version}.csv`;
    await writeDescartes(path, { rows: 2_000, version });
    small.push(path);
  }
  const env = await emptyDatabase(context, "PostgreSQL");
  const url = env.DATABASE_URL!;
  await using server = await startServer({ env });
  const load = async (path: string) =>
    (await timedLoad(server, "descartes", { path, part: "tpm" })).seconds;
  const empty = () =>
    psqlCommand(
      url,
      "truncate descartes_tpm; delete from source_state where source = 'descartes'",
    );
  const settle = () => psqlCommand(url, "vacuum analyze descartes_tpm");

  const scripts: string[] = [];
  for (const [i, what] of ["empty", "full"].entries()) {
    const script = await recordMerge(url, () => load(small[i]!));
    scripts.push(`${context.folder}/${what}.sql`);
    await Deno.writeTextFile(scripts[i]!, script(files[i]!));
  }

  const seconds = {
    empty: { ours: [] as number[], psql: [] as number[] },
    full: { ours: [] as number[], psql: [] as number[] },
    upload: [] as number[],
  };
  for (let round = 0; round < ROUNDS; round++) {
    await empty();
    seconds.empty.ours.push(await load(files[0]!));
    await settle();
    seconds.full.ours.push(await load(files[1]!));
    await empty();
    seconds.empty.psql.push(await psqlScript(url, scripts[0]!));
    await settle();
    seconds.full.psql.push(await psqlScript(url, scripts[1]!));
    await empty();
    seconds.upload.push(await upload(server, files[0]!));
  }
  const figures: Figure[] = [];
  for (const what of ["empty", "full"] as const) {
    const ours = median(seconds[what].ours);
    const psql = median(seconds[what].psql);
    const ratio = psql / ours;
    figures.push({
      section: "load",
      figure:
        `PostgreSQL, ${context.rows} keyed rows by path into an ${what} table, median of ${ROUNDS}`
          .replace("an full", "a full"),
      value: ours,
      unit: "s",
      baseline: { what: "psql, same script", value: psql },
      goal: {
        text: `≥ 0.8 × its speed (${ratio.toFixed(2)} ×)`,
        met: ratio >= 0.8,
      },
    });
  }
  const uploaded = median(seconds.upload);
  const psql = median(seconds.empty.psql);
  const ratio = psql / uploaded;
  figures.push({
    section: "load",
    figure:
      `PostgreSQL, ${context.rows} keyed rows uploaded into an empty table, median of ${ROUNDS}`,
    value: uploaded,
    unit: "s",
    baseline: { what: "psql, same script", value: psql },
    goal: {
      text: `≥ 0.8 × its speed (${ratio.toFixed(2)} ×)`,
      met: ratio >= 0.8,
    },
  });
  return figures;
}

async function benchEmbedded(context: Context): Promise<Figure[]> {
  const env = await emptyDatabase(context, "PGlite");
  await using server = await startServer({ env });
  const figures: Figure[] = [];
  for (const version of [1, 2] as const) {
    const { seconds } = await timedLoad(server, "descartes", {
      path: await context.descartes(version, "PGlite"),
      part: "tpm",
    });
    figures.push({
      section: "load",
      figure: `PGlite, ${context.embeddedRows} keyed rows by path into ${
        version === 1 ? "an empty" : "a full"
      } table`,
      value: seconds,
      unit: "s",
    });
  }
  const code = await server.stop();
  if (code !== 0) throw new Error(`The server stopped with ${code}`);
  return figures;
}

/** A file of a million rows with a key, from the request to committed. */
export async function benchLoad(context: Context): Promise<Figure[]> {
  context.say("load: PostgreSQL");
  const figures = await benchPostgres(context);
  context.say("load: PGlite");
  return [...figures, ...await benchEmbedded(context)];
}
