import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startPostgres } from "../../tests/helpers/postgres.ts";
import { openGround } from "./_testing.ts";

const program = fileURLToPath(new URL("./_testing_crash.ts", import.meta.url));
const config = fileURLToPath(new URL("../../deno.json", import.meta.url));

/** Starts a server and kills it in the middle of a load. */
async function crash(dataDir: string, gate: string, url = ""): Promise<string> {
  const server = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--no-check",
      `--config=${config}`,
      program,
      dataDir,
      gate,
      url,
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  server.kill("SIGKILL");
  await reader.cancel();
  await server.status;
  const id = value?.trim() ?? "";
  assert.match(id, /^[0-9a-f-]{36}$/);
  return id;
}

for (const kind of ["PGlite", "PostgreSQL"]) {
  Deno.test(`openJobs() starts over what a killed server was running on ${kind}`, async () => {
    const dataDir = await Deno.makeTempDir({ prefix: "loophound-jobs-" });
    {
      await using postgres = kind === "PGlite"
        ? undefined
        : await startPostgres();
      const url = await postgres?.createDatabase();
      const gate = join(dataDir, "gate");
      const id = await crash(dataDir, gate, url);
      await using ground = await openGround(dataDir, url);
      const owner = async () => {
        const { rows } = await ground.engine.executeSql(
          "select owner from jobs where id = $1::text::uuid",
          [id],
        );
        return rows[0]?.owner;
      };
      const dead = await owner();
      assert.equal(typeof dead, "string");
      await using jobs = await ground.open();
      // Alone, it need not wait for a lease: the dead owner is gone by now.
      if (kind === "PGlite") assert.notEqual(await owner(), dead);
      await Deno.writeTextFile(gate, "");
      const job = await jobs.finished(id);
      assert.equal(job.state, "succeeded");
      assert.equal(job.attempts, 2);
      assert.deepEqual(await ground.effects("killed"), {
        started: 2,
        ended: 1,
      });
      assert.equal((await jobs.counts()).running, 0);
    }
    await Deno.remove(dataDir, { recursive: true });
  });
}
