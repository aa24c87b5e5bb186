import assert from "node:assert/strict";
import { sources } from "./mod.ts";

function input(name: string) {
  return sources.find((source) => source.name === name)!.input;
}

Deno.test("sources are described, each with what it accepts", () => {
  assert.deepEqual(sources.map(({ name }) => name).sort(), [
    "descartes",
    "diagnostic_panels",
    "gtex",
    "hgnc",
    "hpo",
    "literature",
    "mgi",
  ]);
  for (const { name, kind, description, columns, accepts } of sources) {
    assert.equal(kind, "file");
    assert.match(description, /[Aa] row is/, name);
    assert.ok(columns.length > 0, name);
    assert.ok(accepts.includes("application/gzip"), name);
    assert.ok(accepts.includes("application/octet-stream"), name);
  }
});

Deno.test("descartes takes a part and no other", () => {
  assert.deepEqual(input("descartes").parse({ part: "tpm" }), { part: "tpm" });
  assert.equal(input("descartes").safeParse({}).success, false);
  assert.equal(input("descartes").safeParse({ part: "cpm" }).success, false);
});

Deno.test("mgi takes MP ids as a list or as text, with phenotypes only", () => {
  const mp_ids = ["MP:0005367", "MP:1"];
  for (const given of [mp_ids, "MP:0005367, MP:1"]) {
    assert.deepEqual(
      input("mgi").parse({ part: "phenotypes", mp_ids: given }),
      { part: "phenotypes", mp_ids },
    );
  }
  for (
    const wrong of [
      { part: "terms", mp_ids },
      { part: "phenotypes", mp_ids: [] },
      { part: "phenotypes", mp_ids: "HP:1" },
    ]
  ) {
    const result = input("mgi").safeParse(wrong);
    assert.equal(result.error?.issues[0]?.path[0], "mp_ids");
  }
  // As the routes do, which add fields of their own.
  const extended = input("mgi").extend({}).strict();
  assert.equal(
    extended.safeParse({ part: "terms", mp_ids }).success,
    false,
  );
});
