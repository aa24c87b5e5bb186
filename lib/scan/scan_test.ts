import fc from "fast-check";
import assert from "node:assert/strict";
import { found, scanProgram, serving, told } from "./_test_program.ts";

Deno.test("scan() tells what depends on its size only when asked, as notes", async () => {
  const files = serving(
    `function run(text = "", list = [3, 1]) { list.sort(); return JSON.parse(text); }`,
  );
  assert.deepEqual(await found(files), []);
  const { findings } = await scanProgram(files, { all: true });
  assert.deepEqual(
    findings.map(({ level, api }) => `${level} ${api.id}`),
    ["note Array.prototype.sort", "note JSON.parse"],
  );
});

Deno.test("scan() tells each call once for each entry, by the shortest way", async () => {
  const { findings } = await scanProgram(`
    import { Hono } from "hono";
    const app = new Hono();
    const read = () => Deno.statSync("x");
    const long = () => short();
    const short = () => read();
    app.get("/a", (c) => c.json([long(), short(), read(), read()]));
    app.get("/b", (c) => c.json(long()));
  `);
  assert.deepEqual(told({ findings } as never), [
    "GET /a: <anonymous> > read > Deno.statSync",
    "GET /b: <anonymous> > long > short > read > Deno.statSync",
  ]);
});

Deno.test("scan() says for each step which line leads on", async () => {
  const { findings } = await scanProgram({
    "main.ts": `import { load } from "./load.ts";

Deno.serve(
  { port: 8000 },
  async () => {
    await Promise.resolve();
    return new Response(
      load("x"),
    );
  },
);
`,
    "load.ts": `export function load(path: string) {
  return ["a"]
    .map((name) =>
      Deno
        .readTextFileSync(path + name)
    ).join("");
}
`,
  });
  const [only] = findings;
  assert.deepEqual(only?.path, [
    { function: "<anonymous>", file: "main.ts", line: 8 },
    { function: "load", file: "load.ts", line: 3 },
    { function: "<anonymous>", file: "load.ts", line: 5 },
  ]);
  assert.deepEqual(only?.entry, {
    kind: "serve",
    route: null,
    label: "serve",
    file: "main.ts",
    line: 3,
  });
});

Deno.test("scan() ends on programs that go round in circles", async () => {
  assert.deepEqual(
    await found({
      "main.ts": `
        import { odd } from "./odd.ts";
        export function even(n: number): unknown { return n === 0 ? Deno.statSync("x") : odd(n - 1); }
        Deno.serve(() => new Response(String(even(4))));`,
      "odd.ts":
        `import { even } from "./main.ts"; export const odd = (n: number): unknown => even(n - 1);`,
    }),
    ["serve: <anonymous> > even > Deno.statSync"],
  );
  const rounds = [
    // A closure that holds itself, one level deeper each time.
    `function run(next = () => Deno.statSync("x")) { if (Math.random() > 2) run(() => next()); return next(); }`,
    `const run = () => make(0)(); function make(n: number): () => unknown { return n > 3 ? () => Deno.statSync("x") : () => make(n + 1)(); }`,
    `class Node { next?: Node; constructor(next?: Node) { this.next = next; } read(): unknown { return this.next?.read() ?? Deno.statSync("x"); } }
     function grow(node: Node, n: number): Node { return n === 0 ? node : grow(new Node(node), n - 1); }
     const run = () => grow(new Node(), 9).read();`,
    `const a = { get b() { return b; }, run: () => Deno.statSync("x") }; const b = { ...a, get a() { return a; } }; const run = () => b.a.b.a.b.run();`,
    `type Tree = { children: Tree[]; read(): unknown }; function run(tree?: Tree): unknown { return tree?.children.map(run) ?? Deno.statSync("x"); }`,
    `class A extends B {} class B extends A { read() { return Deno.statSync("x"); } } const run = () => new A().read();`,
    `let x = y; let y = x; var run = run ?? (() => x ?? y ?? Deno.statSync("x"));`,
    `export * from "./main.ts"; const run = () => Deno.statSync("x");`,
  ];
  for (const code of rounds) {
    const lines = await found(serving(code));
    assert.equal(lines.length, 1, `${code}\n${lines.join("\n")}`);
  }
});

Deno.test("scan() follows very long ways without running out of stack", async () => {
  const calls = Array.from(
    { length: 5_000 },
    (_, i) => `function f${i}() { return f${i + 1}(); }`,
  ).join("\n");
  const [long] = await found(
    serving(
      `${calls}\nfunction f5000() { return Deno.statSync("x"); }`,
      "f0()",
    ),
  );
  assert.equal(long?.split(" > ").length, 5_003);
  const names = Array.from(
    { length: 2_000 },
    (_, i) => `const g${i} = g${i + 1};`,
  ).join("\n");
  assert.deepEqual(
    await found(
      serving(`${names}\nconst g2000 = () => Deno.statSync("x");`, "g0()"),
    ),
    ["serve: <anonymous> > g2000 > Deno.statSync"],
  );
  const sum = Array.from({ length: 2_000 }, (_, i) => i).join(" + ");
  const dots = ".a".repeat(500);
  assert.deepEqual(
    await found(
      serving(`const run = () => ${sum} + "x"${dots} + Deno.statSync("x");`),
    ),
    ["serve: <anonymous> > run > Deno.statSync"],
  );
});

Deno.test("scan() reads code of every kind", async () => {
  const kinds: Record<string, string> = {
    "tsx": `const Page = (): unknown => <p>{Deno.statSync("x").size}</p>;
      Deno.serve(() => new Response(String(<main><Page /></main>)));`,
    "jsx": `const Page = () => <p>{Deno.statSync("x").size}</p>;
      Deno.serve(() => new Response(<><Page {...{}} a:b="c" /></>));`,
    "mjs": `export const f = () => Deno.statSync("x"); Deno.serve(() => f());`,
    "mts":
      `import fs = require("node:fs"); Deno.serve(() => Deno.statSync("x") as never);`,
    "ts": `
      import { type A, B } from "npm:x";
      enum Color { Red = 1 }
      declare module "y" { export const z: number; }
      declare global { var w: string; }
      abstract class C<const T extends object = {}> { declare q: T; accessor r = 1; static #s = 2; static { C.#s++; } [key: string]: unknown; abstract t(): void; constructor(@B() private u?: A) {} }
      function over(a: string): void; function over(a: number): void; function over(): void { label: for (;;) break label; }
      export = over;
      Deno.serve(async (request: Request): Promise<Response> => {
        const { a = 1, ...rest } = { ...request } satisfies object as { a?: number };
        try { using x = <any> null; await using y = null!; } catch { } finally { do { } while (false); }
        switch (a) { case 1: default: }
        const re = /x/v, big = 1n, tpl = \`a\${a}\`, fn = async function* () { yield* []; };
        new.target; import.meta.url; debugger; void fn?.<string>(); over<string>;
        return new Response(String(Deno.statSync("x")) + rest + re + big + tpl);
      });`,
  };
  for (const [ending, code] of Object.entries(kinds)) {
    const { findings, problems } = await scanProgram({
      [`main.${ending}`]: code,
    });
    assert.deepEqual(
      [ending, findings.map(({ api }) => api.id), problems],
      [ending, ["Deno.statSync"], []],
    );
  }
});

Deno.test("scan() tells where a file is broken, and scans the others", async () => {
  const { findings, problems } = await scanProgram({
    "broken.ts": `const a = 1;\nconst = ;\n`,
    "nested.ts": `${"(".repeat(20_000)}1${")".repeat(20_000)}`,
    "main.ts": `import "./broken.ts"; import "./nested.ts";
      Deno.serve(() => new Response(String(Deno.statSync("x"))));`,
  });
  assert.deepEqual(
    problems.map(({ kind, file, line }) => `${kind} ${file}:${line}`).sort(),
    ["syntax broken.ts:2", "syntax nested.ts:1"],
  );
  assert.equal(findings.length, 1);
});

Deno.test("scan() keeps fingerprints when lines move, and tells apart two of a kind", async () => {
  const code = (above: string) =>
    `${above}
    const load = () => [Deno.statSync("x"), ${above} Deno.statSync("y")];
    ${above}
    Deno.serve(() => new Response(load().join()));`;
  const prints = async (above: string) =>
    (await scanProgram(code(above))).findings.map(({ fingerprint }) =>
      fingerprint
    );
  const before = await prints("");
  assert.deepEqual(await prints("\n\n// moved\n"), before);
  assert.equal(new Set(before).size, 2);
});

/** The same program, written in another way. */
interface Style {
  names: string[];
  newline: string;
  arrow: boolean;
  parts: number[];
}

function written(
  { names, newline, arrow, parts }: Style,
): Record<string, string> {
  const [load, open, store, handle] = names as [string, string, string, string];
  const define = (name: string, body: string) =>
    arrow
      ? `export const ${name} = (${newline}) =>${newline}{ return ${body}; };`
      : `export function${newline} ${name}()${newline}{ return ${body}; }`;
  const pieces = [
    `import { ${open} } from "./${open}.ts";`,
    define(load, `${newline}${open}()${newline}.read(${newline})`),
    define("unused", `Deno.readFileSync(${newline}"y")`),
  ];
  const [first, ...rest] = pieces as [string, string, string];
  const ordered = parts[0]! % 2 === 0 ? rest : rest.toReversed();
  return {
    [`${load}.ts`]: [first, ...ordered].join("\n"),
    [`${open}.ts`]:
      `class ${store} {${newline} read()${newline}{ return Deno${newline}.statSync("x"); } write() { Deno.writeFileSync("x", new Uint8Array()); } }
       ${define(open, `new ${store}()`)}`,
    "main.ts": `import { ${load} } from "./${load}.ts";${newline}
       ${define(handle, `new Response(${newline}String(${load}()))`)}
       Deno.serve(${newline}${handle});`,
  };
}

Deno.test("scan() finds the same, however a program is written", async () => {
  const name = fc.stringMatching(/^[a-z]{3,8}$/).map((text) => `${text}_1`);
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        names: fc.uniqueArray(name, { minLength: 4, maxLength: 4 }),
        newline: fc.constantFrom(" ", "\n", "\n\n  ", " /* x */ ", "// y\n"),
        arrow: fc.boolean(),
        parts: fc.array(fc.nat(), { minLength: 1, maxLength: 1 }),
      }),
      async (style) => {
        const [load, , store, handle] = style.names;
        assert.deepEqual(await found(written(style)), [
          `serve: ${handle} > ${load} > ${store}.read > Deno.statSync`,
        ]);
      },
    ),
    { numRuns: 60 },
  );
});
