import fc from "fast-check";
import assert from "node:assert/strict";
import { aliasesOf, readFunction } from "./_call_line.ts";
import { Code, codeOnly } from "./_js_scanner.ts";
import { leastTimeOf } from "./_testing.ts";

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

Deno.test("readFunction() reads to the end of an arrow that makes a template", () => {
  const text = "(a) => `${one(a)} { ${two(`${a}`)}`;\nthree();";
  assert.deepEqual(
    callsIn(text, { line: 1, column: 1 }).map((it) => it.name),
    ["one", "two"],
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

/** A function as programs have them, of about so many characters. */
function longFunction(length: number): string {
  const lines = ["(path: string) => {"];
  for (let size = 0; size < length; size += 2 + lines.at(-1)!.length) {
    const i = lines.length;
    lines.push(
      `  const a${i} = parse("it's ${i} {", \`t \${b / ${i}} ]\`); // note ${i}
  if (a${i} < 3 && /[a-z/]+"/.test(b)) { for (const q of l) c += q[0] / 2; }`,
    );
  }
  return [...lines, "  last(path);", "}", "after();"].join("\n");
}

Deno.test("readFunction() leaves alone what is too long for the loop", () => {
  const start = { line: 1, column: 1 };
  const short = longFunction(12_000);
  assert.equal(callsIn(short, start).at(-1)?.name, "last");
  const long = longFunction(20_000);
  assert.deepEqual(callsIn(long, start), []);
  assert.deepEqual(readFunction(long, start).mentions, []);
  assert.deepEqual(readFunction(long, start).regexSites("none"), []);
  assert.deepEqual(callsIn(long, null), []);
  assert.equal(callsIn(short, null).at(-1)?.name, "after");
  // The file may be long.
  const { calls } = readFunction(`${long}\n${short}`, {
    line: long.split("\n").length + 1,
    column: 1,
  });
  assert.equal(calls.at(-1)?.name, "last");
});

Deno.test("regexSites() finds the literal, else calls that may run it", () => {
  const text = `function f() {
  const [a] = /a+b/.exec(x);
  return a.replace(other, "") + plain(1);
}`;
  const source = readFunction(text, { line: 1, column: 10 });
  const sites = (pattern: string) =>
    source.regexSites(pattern).map((it) => [it.name, it.line]);
  assert.deepEqual(sites("a+b"), [["RegExp", 2]]);
  assert.deepEqual(sites("c"), [["exec", 2], ["replace", 3]]);
});

Deno.test("codeOnly() blanks what is no code, and moves nothing", () => {
  const text = `a["b"] = c[0] / 2; d(\`{ \${e("(") + \`\${f}\`} }\`); /* g
) */ h = x => /[/"]\\/{/.test('i\\'(') || j / k / "l"; // m\n(n)`;
  const code = codeOnly(text);
  assert.equal(code.length, text.length);
  for (const mark of ["c[0]", "h =", 'l"; //', "(n)"]) {
    const at = text.indexOf(mark);
    assert.equal(code[at], mark[0] === "l" ? " " : mark[0]);
  }
  assert.equal(
    code.replaceAll(/\s+/g, ""),
    "a[b]=c[0]/2;d([e()+[f]]);h=x=>.test()||j/k/;(n)",
  );
});

Deno.test("codeOnly() takes ten times longer for ten times as much", () => {
  const [short, long] = [longFunction(10_000), longFunction(100_000)];
  const scan = (text: string) => () => new Code(codeOnly(text)).functionEnd();
  scan(short)();
  // A quadratic one takes a hundred times longer.
  assert.ok(leastTimeOf(scan(long)) < 40 * leastTimeOf(scan(short)));
});

Deno.test("aliasesOf() takes ten times longer for ten times as much", () => {
  // One line, as minified files have them.
  const line = (count: number) =>
    "const {" + "readFileSync:a,b:c,".repeat(count) + "}=fs";
  assert.deepEqual(aliasesOf(line(300), "readFileSync"), ["a"]);
  const find = (count: number) => () =>
    void aliasesOf(line(count), "readFileSync");
  find(300)();
  assert.ok(leastTimeOf(find(3_000)) < 40 * leastTimeOf(find(300)));
});
