import assert from "node:assert/strict";
import { join } from "node:path";
import { hostId } from "./_host.ts";

async function inFolder(test: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "loophound-host-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("hostId() is one for all who start in a folder at once, and stays", async () => {
  await inFolder(async (folder) => {
    const ids = await Promise.all(
      Array.from({ length: 10 }, () => hostId(folder)),
    );
    assert.equal(new Set(ids).size, 1);
    assert.match(ids[0]!, /^[0-9a-f-]{36}$/);
    assert.equal(await hostId(folder), ids[0]);
    const names = await Array.fromAsync(Deno.readDir(folder));
    assert.deepEqual(names.map(({ name }) => name), ["host_id"]);
  });
});

Deno.test("hostId() makes do without a folder", async () => {
  await inFolder(async (folder) => {
    const missing = join(folder, "missing");
    assert.match(await hostId(missing), /^[0-9a-f-]{36}$/);
  });
});
