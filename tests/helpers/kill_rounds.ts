import assert from "node:assert/strict";
import {
  startLoad,
  startServer,
  type TestServer,
  waitForJob,
} from "./server.ts";

const GENES = 40;

/** A Descartes file whose values are all `value`; the genes are spread in it. */
async function writeFile(path: string, rows: number, value: number) {
  const lines: string[] = [];
  const every = Math.floor(rows / GENES);
  for (let i = 0; i < rows; i++) {
    lines.push(`${i % every === 0 ? `G${i / every}` : `ROW${i}`},${value}`);
  }
  await Deno.writeTextFile(path, lines.join("\n") + "\n");
}

async function values(server: TestServer): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < GENES; i++) {
    const gene = await server.json<{
      data: {
        attributes: { annotations: { descartes?: { kidney_tpm: number } } };
      };
    }>(`/api/genes/G${i}`);
    found.push(gene.data.attributes.annotations.descartes?.kidney_tpm ?? NaN);
  }
  return found;
}

/**
 * Kills a server again and again in the middle of a load, and checks after
 * each start that the data is the old or the new and never a mixture, that no
 * job stays behind, and that the load comes to its end.
 *
 * @returns What happened in each round, to be printed.
 */
export async function killRounds(
  options: { rounds: number; rows: number; env: Record<string, string> },
): Promise<string[]> {
  const { rounds, rows } = options;
  const folder = await Deno.makeTempDir({ prefix: "loophound-kill-" });
  const env = {
    DATA_DIR: `${folder}/data`,
    ALLOWED_ROOTS: folder,
    SAMPLE_DATA: "off",
    CACHE_ENTRIES: "0",
    ...options.env,
  };
  const told: string[] = [];
  try {
    const panel = `${folder}/panel.json`;
    await Deno.writeTextFile(
      panel,
      JSON.stringify({
        provider_id: "test",
        provider_name: "Test",
        total_panels: 1,
        genes: Array.from({ length: GENES }, (_, i) => ({
          symbol: `G${i}`,
          panels: ["P"],
          occurrence_count: 1,
          reported_as: `G${i}`,
          hgnc_id: null,
          normalization_status: "failed",
        })),
      }),
    );
    const file = (value: number) => `${folder}/tpm${value}.csv`;
    await writeFile(file(1), rows, 1);
    let server = await startServer({ env });
    try {
      const setUp = async (source: string, body: Record<string, unknown>) => {
        const job = await waitForJob(
          server,
          await startLoad(server, source, body),
        );
        assert.equal(job.state, "succeeded", String(job.error?.message));
      };
      await setUp("diagnostic_panels", { path: panel });
      const started = performance.now();
      await setUp("descartes", { path: file(1), part: "tpm" });
      const loadMs = performance.now() - started;
      for (let round = 1; round <= rounds; round++) {
        const [before, after] = [round, round + 1];
        await writeFile(file(after), rows, after);
        const id = await startLoad(server, "descartes", {
          path: file(after),
          part: "tpm",
        });
        const killAt = Math.random() * loadMs;
        await new Promise((resolve) => setTimeout(resolve, killAt));
        await server.kill();
        const restarted = performance.now();
        server = await startServer({ env });
        const openMs = performance.now() - restarted;
        const found = await values(server);
        const flips = found.map((value) =>
          value === before ? 0 : value === after ? 1 : NaN
        );
        assert.deepEqual(
          flips,
          flips.toSorted((a, b) => a - b),
          `round ${round}: a mixture: ${found}`,
        );
        assert.ok(!flips.some(Number.isNaN), `round ${round}: lost: ${found}`);
        const job = await waitForJob(server, id);
        assert.equal(job.state, "succeeded", String(job.error?.message));
        assert.deepEqual(new Set(await values(server)), new Set([after]));
        const { data } = await server.json<{ data: { state: string }[] }>(
          "/api/jobs?limit=500",
        );
        const open = data.filter(({ state }) =>
          state === "running" || state === "queued"
        );
        assert.deepEqual(open, []);
        told.push(
          `round ${round}: killed after ${killAt.toFixed(0)} ms of ${
            loadMs.toFixed(0)
          }, listening again in ${openMs.toFixed(0)} ms, saw the ${
            flips[0] === 1
              ? "new"
              : flips.at(-1) === 1
              ? "old, then new"
              : "old"
          } data`,
        );
        await Deno.remove(file(before));
      }
      assert.equal(await server.stop(), 0);
    } finally {
      await server.kill();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return told;
}
