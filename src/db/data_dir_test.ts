import assert from "node:assert/strict";
import { join } from "node:path";
import { embeddedMajor, openDataDir } from "./data_dir.ts";
import { DataDirLockedError, DataDirVersionError } from "./errors.ts";

async function inTempDir(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "loophound-dir-" });
  try {
    await work(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("openDataDir() makes the folder, and lets in one at a time", async () => {
  await inTempDir(async (dir) => {
    const dataDir = join(dir, "a", "b");
    const first = await openDataDir(dataDir);
    assert.equal(first.unclean, false);
    assert.equal(first.database, join(dataDir, "pglite"));
    await assert.rejects(
      openDataDir(dataDir),
      (error) => error instanceof DataDirLockedError && error.pid === Deno.pid,
    );
    await first.release(true);
    const second = await openDataDir(dataDir);
    assert.equal(second.unclean, false);
    await second.release(false);
    const third = await openDataDir(dataDir);
    assert.equal(third.unclean, true);
    await third.release(true);
  });
});

Deno.test("openDataDir() refuses a database of another major version", async () => {
  await inTempDir(async (dir) => {
    await Deno.mkdir(join(dir, "pglite"));
    await Deno.writeTextFile(join(dir, "pglite", "PG_VERSION"), "17\n");
    await assert.rejects(
      openDataDir(dir),
      (error) =>
        error instanceof DataDirVersionError &&
        error.message.includes("PostgreSQL 17") &&
        error.message.includes(`PostgreSQL ${embeddedMajor}`),
    );
    await Deno.remove(join(dir, "pglite"), { recursive: true });
    await (await openDataDir(dir)).release(true);
  });
});
