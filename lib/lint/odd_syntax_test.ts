import fc from "fast-check";
import assert from "node:assert/strict";
import { mock } from "node:test";
import { toDenoRule } from "./_rule.ts";
import loophound from "./mod.ts";

/** Runs the whole plugin; answers what it warned of, null where the source does not parse. */
function warnings(source: string, fileName = "/app/odd.ts"): string[] | null {
  const warn = mock.method(console, "warn", () => {});
  try {
    for (
      const { range, fix, message } of Deno.lint.runPlugin(
        loophound,
        fileName,
        source,
      )
    ) {
      for (
        const [from, to] of [
          range,
          ...(fix ?? []).map((edit) => edit.range),
        ]
      ) {
        assert.ok(from >= 0 && from <= to && to <= source.length, message);
      }
    }
  } catch (error) {
    // Deno's parser refused the source.
    if (error instanceof assert.AssertionError) throw error;
    if (String(error).includes("errored")) throw error;
    return null;
  } finally {
    warn.mock.restore();
  }
  return warn.mock.calls.map(({ arguments: [text] }) => String(text));
}

const ODD: Record<string, string> = {
  "nothing": "",
  "comments only": "// nothing\n/* at all */",
  "a shebang":
    "#!/usr/bin/env -S deno run\nawait main(); async function main() {}",
  "empty statements":
    "async function f() { ;; for (;;); while (x); if (y); else Deno.statSync(''); ; }",
  "holes":
    "const [, a, , ...b] = [, 1, , ...c]; for (const [, x] of y) { await fetch(x); } [, a] = b;",
  "odd loops":
    "async function f() { for (var i in x) for (x of y) for (;;) { await fetch(x); break; } do {} while (await fetch(y)); l: for (const z of y) continue l; }",
  "odd classes":
    "class A extends (class {}) { static { async () => Deno.statSync(''); } accessor x = 1; [k] = 1; static async *#p() {} get [`a`]() { return 1 } set b(v) {} 'c'() {} 3() {} }",
  "abstract classes":
    "abstract class A { abstract m(): Promise<void>; abstract x: number; constructor(private readonly a = Deno.statSync(''), protected b?: number) {} declare y: string; [k: string]: unknown }",
  "TypeScript":
    "namespace N.M { export const x = 1; export async function f() { Deno.statSync(''); } } enum E { A = 1, B = A << 1, C = 'x' } declare module 'm' { const y: number; } declare global { var z: number } import a = N.M; export = a; type T<X> = X extends infer Y ? Y : never; function o(x: string): void; function o(x: number): void; function o(x: any) { return <any>x satisfies any as const; } abstract class Z<T> {} let t: typeof import('x'); function is(x): x is string { return true }",
  "overloaded methods":
    "class A { m(x: string): Promise<void>; m(x: number): Promise<void>; async m(x: any) { this.m(x); await x; } }",
  "using":
    "async function f() { using a = x(); await using b = await y(); for (using c of d) { await fetch(c); } }",
  "regular expressions and big numbers":
    "const a = /(?<x>a)|b/giu, b = 10n ** 2n, c = 0x1f, d = /[/]\\/(/.source;",
  "templates":
    "async function f() { tag`a${Deno.statSync(`${Deno.cwd()}`)}b`; Deno[`stat${'Sync'}`](''); `\\u{1F600}😀`; }",
  "destructuring with computed keys":
    "const { [k]: a = 1, 'b': { c }, 3: d, ...e } = f, { x: [y, { z }] } = g; ({ a: this.b, c: d[e] } = h);",
  "self-reference":
    "const a = a.b, b = c, c = b; const { d } = d; function f() { return f; } class G extends G {} var h = h || h; let [i] = i;",
  "names of Object.prototype":
    "async function f() { constructor.toString(); __proto__.hasOwnProperty(); const { constructor, __proto__ } = toString; valueOf(); x.constructor(); Deno.constructor(); Deno.toString(); this.__proto__(); }",
  "eval and arguments":
    "async function f() { eval('1'); arguments[0](); new.target; import.meta.url; super_(); (0, Deno.statSync)(''); (x ?? Deno.statSync)(''); }",
  "private names": "class A { #x; m(o) { return #x in o && o.#x?.[0]?.(); } }",
  "decorators":
    "@a @b.c() class A { @d() async m(@e x) { await x; } @f y = 1 }",
  "async everywhere":
    "export default async () => { for await (const x of await y) await (await (await z)()); await Promise.all(await Promise.all([await 1])); };",
  "keywords as keys":
    "x = { async: 1, await: 2, get: 3, set: 4, static: 5, async get() {}, async *await() {}, get async() { return 1 } };",
  "catch patterns":
    "async function f(signal) { try { await g(signal) } catch ({ message, ...rest }) {} try { await g(signal) } catch { } finally { } g(signal).catch(); g().catch(...x); Promise.all(); Promise.all(...x); fetch(); fetch(...x); xs.forEach(); }",
  "empty calls":
    "setTimeout(); app.get(); app.get(...x); Deno.serve(); new ReadableStream(); require(); import(x); createRequire()(); addEventListener();",
};
for (const [name, source] of Object.entries(ODD)) {
  Deno.test(`the plugin survives ${name}`, () => {
    assert.deepEqual(warnings(source), []);
  });
}

Deno.test("the plugin survives JSX", () => {
  assert.deepEqual(
    warnings(
      `export const A = async (p) => <><B {...p} c={await fetch("x")}>{Deno.statSync("")} text <d.E f="g" h />{}</B></>;`,
      "/app/odd.tsx",
    ),
    [],
  );
});

Deno.test("the plugin survives CommonJS", () => {
  assert.deepEqual(
    warnings(
      `const fs = require("fs"); module.exports = async function () { with (x) { fs.statSync(""); } };`,
      "/app/odd.cjs",
    ) ?? [],
    [],
  );
});

Deno.test("the plugin survives deep nesting", () => {
  assert.deepEqual(warnings(`x = ${"(".repeat(200)}1${")".repeat(200)};`), []);
  assert.deepEqual(warnings(`x = ${"a + ".repeat(1_000)}1;`), []);
  assert.deepEqual(
    warnings(`x = ${"f(() => ".repeat(100)}1${")".repeat(100)};`),
    [],
  );
  assert.deepEqual(warnings(`x = y${".a(b)".repeat(300)};`), []);
});

const name = fc.constantFrom(
  "a",
  "b",
  "fs",
  "Deno",
  "this",
  "x",
  "readFileSync",
  "limit",
  "signal",
  "undefined",
  "Promise",
  "fetch",
  "db",
);
const { expression } = fc.letrec<
  { expression: string; statement: string; body: string; pattern: string }
>((tie) =>
  ({
    pattern: fc.oneof(
      { maxDepth: 2 },
      fc.constantFrom("a", "b", "x"),
      tie("pattern").map((inner) => `{ a: ${inner}, ...x }`),
      tie("pattern").map((inner) => `[${inner}, b]`),
      fc.tuple(tie("pattern"), tie("expression")).map(([inner, by]) =>
        `{ ["k"]: ${inner} = ${by} }`
      ),
    ),
    expression: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      name,
      fc.constantFrom(
        "1",
        "'s'",
        "`t`",
        "null",
        "/r/g",
        "10n",
        "import.meta",
        "[]",
        "{}.x",
      ),
      fc.tuple(tie("expression"), name).map(([a, b]) =>
        `(${a}).${b === "this" ? "then" : b}`
      ),
      fc.tuple(tie("expression"), tie("expression")).map(([a, b]) =>
        `(${a})?.[${b}]`
      ),
      fc.tuple(tie("expression"), fc.array(tie("expression"), { maxLength: 3 }))
        .map(([a, b]) => `(${a})(${b.join(", ")})`),
      fc.tuple(name, tie("expression")).map(([a, b]) => `${a}.map(${b})`),
      fc.tuple(tie("expression")).map(([a]) => `Promise.all(${a})`),
      fc.tuple(tie("expression")).map(([a]) => `new (${a})(${a})`),
      fc.tuple(tie("expression")).map(([a]) => `(await (${a}))`),
      fc.tuple(tie("pattern"), tie("body")).map(([a, b]) =>
        `(async (${a}) => ${b})`
      ),
      fc.tuple(tie("pattern"), tie("expression")).map(([a, b]) =>
        `((${a}) => (${b}))`
      ),
      fc.tuple(name, tie("expression")).map(([a, b]) =>
        `(${a === "this" ? "a" : a} += ${b})`
      ),
      fc.tuple(tie("expression"), tie("expression")).map(([a, b]) =>
        `{ a: ${a}, signal: ${b}, async m() { return ${a}; } }`
      ).map((o) => `(${o})`),
      fc.tuple(tie("body")).map(([b]) =>
        `(class A { async m() ${b} static #x = 1; get g() { return 1; } })`
      ),
      fc.tuple(tie("expression"), tie("expression")).map(([a, b]) =>
        `(${a} ? ${b} : (${b} ?? ${a}))`
      ),
      fc.tuple(tie("expression")).map(([a]) => `[...(${a}), ${a}]`),
    ),
    statement: fc.oneof(
      { maxDepth: 4 },
      tie("expression").map((a) => `(${a});`),
      fc.tuple(tie("pattern"), tie("expression")).map(([a, b]) =>
        `var ${a} = ${b};`
      ),
      fc.tuple(tie("pattern"), tie("expression"), tie("body")).map((
        [a, b, c],
      ) => `for (const ${a} of ${b}) ${c}`),
      fc.tuple(tie("expression"), tie("body")).map(([a, b]) =>
        `for (let i = 0; i < (${a}); i++) ${b}`
      ),
      fc.tuple(tie("expression"), tie("body"), tie("body")).map(([a, b, c]) =>
        `if (${a}) ${b} else ${c}`
      ),
      fc.tuple(tie("body"), tie("body")).map(([a, b]) =>
        `try ${a} catch (e) ${b}`
      ),
      tie("expression").map((a) => `while (${a}) break;`),
      tie("body").map((a) => `async function f() ${a}`),
      tie("expression").map((a) => `return ${a};`),
      fc.constantFrom(";", "await 1;", "this.a = this.a + await b;"),
    ),
    body: fc.array(tie("statement"), { maxLength: 3 }).map((list) =>
      `{ ${list.join(" ")} }`
    ),
  }) as never
);

Deno.test("the plugin survives what a grammar makes up", () => {
  let parsed = 0;
  fc.assert(
    fc.property(expression, (text) => {
      const found = warnings(
        `async function top() { return ${text}; }\nexport { top };`,
      );
      if (found === null) return;
      parsed++;
      assert.deepEqual(found, []);
    }),
    { numRuns: 300 },
  );
  assert.ok(parsed > 150, `only ${parsed} of 300 were programs`);
});

Deno.test("the plugin survives pieces of its own source", async () => {
  const folder = new URL("./", import.meta.url);
  const texts: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".ts")) {
      texts.push(await Deno.readTextFile(new URL(name, folder)));
    }
  }
  const lines = texts.flatMap((text) => text.split("\n"));
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.nat(lines.length - 1), fc.integer({ min: 1, max: 12 })),
        { minLength: 1, maxLength: 4 },
      ),
      (cuts) => {
        const source = cuts.map(([from, count]) =>
          lines.slice(from, from + count).join("\n")
        ).join("\n");
        assert.deepEqual(warnings(source) ?? [], []);
      },
    ),
    { numRuns: 300 },
  );
  for (const text of texts) assert.deepEqual(warnings(text), []);
});

Deno.test("a rule that throws warns, and leaves file and other rules alone", () => {
  const broken = toDenoRule("broken", {
    summary: "Throws.",
    *check() {
      yield* [];
      throw new RangeError("out of luck");
    },
  });
  const warn = mock.method(console, "warn", () => {});
  try {
    const found = Deno.lint.runPlugin(
      { name: "loophound", rules: { broken, ...loophound.rules } },
      "/app/a.ts",
      "export async function f() { Deno.statSync('a'); fetch('b'); }",
    );
    assert.equal(found.length, 3);
    assert.deepEqual(warn.mock.calls.map((call) => call.arguments[0]), [
      "loophound/broken gave up on /app/a.ts: RangeError: out of luck",
    ]);
  } finally {
    warn.mock.restore();
  }
});
