import assert from "node:assert/strict";
import { requireDatabase } from "./require_database.ts";

const host = { deploy: false, locks: true, version: "2.9.6", isolates: 1 };

Deno.test("requireDatabase() says why the embedded database will not do", () => {
  const none = { databaseUrl: undefined };
  requireDatabase(none, host);
  for (
    const [lacking, why] of [
      [{ deploy: true }, /lost with its instance/],
      [{ locks: false, version: "2.5.6" }, /Deno 2\.9 or newer.*2\.5\.6/],
      [{ isolates: 2 }, /--parallel/],
    ] as const
  ) {
    assert.throws(() => requireDatabase(none, { ...host, ...lacking }), why);
    requireDatabase({ databaseUrl: "postgres://h/d" }, { ...host, ...lacking });
  }
});
