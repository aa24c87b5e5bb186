import fc from "fast-check";
import assert from "node:assert/strict";
import { aliasesOf, readFunction } from "./_call_line.ts";

const callsIn = (...args: Parameters<typeof readFunction>) =>
  readFunction(...args).calls;

/** Where `mark` begins in the text; from 1. */
function placeOf(text: string, mark: string) {
  const before = text.slice(0, text.indexOf(mark)).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

const SOURCE = `
import { readFileSync } from "node:fs";

export function first(path: string): { text: string } {
  // readFileSync(nothing) in a comment
  const text = "readFileSync(no)" + \`\${path} readFileSync(no)\`;
  const braces = /[{(]\\/"/.test(text);

  return { text: readFileSync(path, "utf8") };
}

class Store {
  second<T extends { a: number }>(items: T[] = [], { b } = { b: 1 }): Map<string, { c: T }> {
    return this.build(
      items.map((it) => parse<T>(it)),
    );
  }
}

const third = (x: number) => heavy(x), fourth = async x => await other?.(x);
`;

Deno.test("readFunction() finds the calls of one function, each with its line", () => {
  const names = (mark: string) =>
    callsIn(SOURCE, placeOf(SOURCE, mark)).map((it) => [it.name, it.line]);
  assert.deepEqual(names("(path: string)"), [["test", 7], [
    "readFileSync",
    9,
  ]]);
  assert.deepEqual(names("<T extends"), [["build", 14], ["map", 15], [
    "parse",
    15,
  ]]);
  assert.deepEqual(names("(x: number)"), [["heavy", 20]]);
  assert.deepEqual(names("async x"), [["other", 20]]);
});

Deno.test("readFunction() knows which calls are in loops", () => {
  const text = `function f() {
  now();
  while (now() < end);
  for (const x of list(1)) {
    now(x);
  }
  now();
  do now(); while (now());
}`;
  assert.deepEqual(
    callsIn(text, { line: 1, column: 10 }).map((it) => [it.line, it.inLoop]),
    [[2, false], [3, true], [4, true], [5, true], [7, false], [8, true], [
      8,
      true,
    ]],
  );
});

Deno.test("readFunction() takes the whole file for a module", () => {
  const names = callsIn(SOURCE, null).map((it) => it.name);
  assert.ok(names.includes("heavy") && names.includes("readFileSync"));
});

Deno.test("readFunction() sees names in brackets, .call() and values", () => {
  const text = `(c) => {
  fs["readFileSync"](1);
  readFileSync.call(null, 2);
  paths.map(Deno.statSync);
}`;
  const { calls, mentions } = readFunction(text, { line: 1, column: 1 });
  const linesOf = (name: string, sites = calls) =>
    sites.filter((it) => it.name === name).map((it) => it.line);
  assert.deepEqual(linesOf("readFileSync"), [2, 3]);
  assert.deepEqual(linesOf("statSync"), []);
  assert.deepEqual(linesOf("statSync", mentions), [4]);
});

Deno.test("aliasesOf() knows other names of a function", () => {
  const text =
    `import fs, { readFileSync, readFileSync as slurp } from "node:fs";
const read = fs.readFileSync;
const { readFileSync: take, statSync } = fs;
const text: string = readFileSync("x");
`;
  assert.deepEqual(aliasesOf(text, "readFileSync"), ["slurp", "read", "take"]);
  assert.deepEqual(aliasesOf(text, "statSync"), []);
  assert.deepEqual(aliasesOf(text, "("), []);
});

Deno.test("readFunction() ends with any text", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom(..."(){}[]`'\"/\\$;:,=> \na{b".split(""), "${", "=>"),
        { maxLength: 60 },
      ),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 9 }),
      (parts, line, column) => {
        for (const call of callsIn(parts.join(""), { line, column })) {
          assert.ok(call.line >= 1);
        }
      },
    ),
    { numRuns: 500 },
  );
});
