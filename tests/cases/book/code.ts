/** Code that is compiled or loaded while requests wait. */
import vm from "node:vm";
import { Hono } from "hono";
import { block, type Case } from "../case.ts";
import { WITHOUT_SOURCE } from "../misses.ts";
import { bigModule } from "./_wasm.ts";
import { pause } from "./_work.ts";

export const app = new Hono();
let wasm: Uint8Array<ArrayBuffer> = new Uint8Array(0);
let looping: WebAssembly.Instance | undefined;

app.get("/code/wasm-compile", (c) => {
  const compiled = new WebAssembly.Module(wasm); // culprit: wasm_compile
  return c.json({ exports: WebAssembly.Module.exports(compiled).length });
});

app.get("/code/wasm-run", async (c) => {
  await pause(1);
  const run = looping!.exports["run"] as (n: number) => number;
  return c.json({ left: run(150_000_000) }); // culprit: wasm_run
});

function evaluate(formula: string): number {
  return vm.runInNewContext(formula); // culprit: vm_script
}
app.get(
  "/code/vm",
  (c) =>
    c.json(evaluate( // way: vm_script
      "let x = 0; for (let i = 0; i < 2e7; i++) x = (x + i) % 1000; x",
    )),
);

app.get("/code/function", async (c) => {
  await pause(1);
  const salt = Math.random();
  const source = Array.from(
    { length: 20_000 },
    (_, i) =>
      `function f${i}(a) { return a * ${salt} + ${i}; }; total += f${i}(1);`,
  ).join("\n");
  const make = new Function(`let total = 0;\n${source}\nreturn total;`); // culprit: new_function
  return c.json({ total: make() }); // culprit: new_function
});

export const cases: readonly Case[] = [
  block("wasm_compile", {
    title: "new WebAssembly.Module of 20 MB",
    kind: "wasm",
    where: "first stretch",
    request: "GET /code/wasm-compile",
    prepare: () => {
      // Other bytes each time: engines keep what they have compiled.
      wasm = bigModule({ functions: 9_000, salt: Math.random() });
    },
    function: null,
    cause: "module_load",
    api: "WebAssembly.Module",
    blockMs: 120,
  }),
  block("wasm_run", {
    misses: { profile: WITHOUT_SOURCE },
    title: "a loop in WebAssembly, after an await",
    kind: "wasm",
    where: "after an await",
    request: "GET /code/wasm-run",
    prepare: async () => {
      looping ??= await WebAssembly.instantiate(
        await WebAssembly.compile(bigModule({ functions: 1, loop: true })),
      );
    },
    function: null,
    cause: "cpu",
    api: null,
    blockMs: 100,
  }),
  block("vm_script", {
    title: "vm.runInNewContext in a helper",
    kind: "code loading",
    where: "helper",
    request: "GET /code/vm",
    function: "evaluate",
    cause: "cpu",
    api: "node:vm.runInNewContext",
    blockMs: 150,
  }),
  block("new_function", {
    title: "new Function of 1 MB of source, after an await",
    kind: "code loading",
    where: "after an await",
    request: "GET /code/function",
    function: null,
    cause: "module_load",
    api: null,
    blockMs: 150,
  }),
];
