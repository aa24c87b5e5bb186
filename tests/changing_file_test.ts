/** A file that is written to while it loads is not half-loaded. */
import assert from "node:assert/strict";
import { sql } from "kysely";
import { words } from "./examples/changing_file.ts";
import { load, onBothEngines } from "./helpers/system.ts";

onBothEngines(
  "A file that changes while it is read fails its load",
  async (system) => {
    const inbox = `${system.dataDir}/inbox`;
    await Deno.mkdir(inbox, { recursive: true });
    const write = (text: string) =>
      Deno.writeTextFile(`${inbox}/words.csv`, text);
    await write("steady\n");
    const first = await load(system, "words", { path: "words.csv" });
    assert.equal(first.state, "succeeded", String(first.error?.message));

    await write("changing\nsteady\n");
    const second = await load(system, "words", { path: "words.csv" });
    assert.equal(second.state, "failed");
    assert.match(second.error!.message, /changed while it was read/);
    assert.equal(second.attempts, 1);
    const found = await sql<{ word: string }>`select word from words`
      .execute(system.backend.engine.light);
    assert.deepEqual(found.rows, [{ word: "steady" }]);
  },
  { collections: [words] },
);
