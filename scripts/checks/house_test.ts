import assert from "node:assert/strict";
import { checkHouse } from "./house.ts";

const check = (path: string, text: string, more: [string, string][] = []) =>
  checkHouse([[path, text] as const, ...more].map(([path, text]) => ({
    path,
    text,
  })));

Deno.test("checkHouse() lets arrows point down", () => {
  assert.deepEqual(
    check("routes/a.ts", 'import { x } from "../src/b.ts";'),
    [],
  );
  assert.deepEqual(
    check("src/a.ts", 'import { x } from "@loophound/toolkit/csv";'),
    [],
  );
  assert.deepEqual(
    check("lib/csv/a_test.ts", 'import "../../tests/h.ts";'),
    [],
  );
});

Deno.test("checkHouse() finds arrows that point up", () => {
  for (
    const [path, text] of [
      ["lib/csv/a.ts", 'import { x } from "../../src/b.ts";'],
      ["src/a.ts", 'export * from "../routes/b.ts";'],
      ["src/a.ts", 'const x = await import("../routes/b.ts");'],
      ["src/a.ts", 'import {\n  x,\n} from "../main.ts";'],
      ["src/a.ts", 'import "../tests/helpers/x.ts";'],
    ] as const
  ) {
    assert.equal(check(path, text).length, 1, text);
  }
});

Deno.test("checkHouse() finds a way around a door, and circles", () => {
  assert.match(
    check("lib/csv/a.ts", 'import "../sql/types.ts";')[0]!,
    /behind the door/,
  );
  assert.match(
    check("lib/csv/a.ts", 'import "@loophound/toolkit/sql";', [
      ["lib/sql/a.ts", 'import "@loophound/toolkit/csv";'],
    ])[0]!,
    /circle/,
  );
});

Deno.test("checkHouse() finds collections that import each other", () => {
  assert.match(
    check(
      "src/collections/genes/a.ts",
      'import "../music/b.ts";',
    )[0]!,
    /collection genes imports music/,
  );
});

Deno.test("checkHouse() finds a module that reads the environment", () => {
  assert.match(check("src/a.ts", 'Deno.env.get("X");')[0]!, /environment/);
  assert.deepEqual(check("src/a.ts", '// Deno.env.get("X")'), []);
});
