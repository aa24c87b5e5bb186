import assert from "node:assert/strict";
import { found, scanProgram, serving } from "./_test_program.ts";

const innocent: Record<string, string> = {
  "asynchronous calls": `import { readFile } from "node:fs/promises";
     async function run() { await Deno.readTextFile("x"); return await readFile("y"); }`,
  "a function of the same name": `function readFileSync() { return 1; }
     function run() { return readFileSync(); }`,
  "a method of the same name": `const Files = { statSync: () => 1 };
     function run() { return Files.statSync(); }`,
  "a name that is shadowed": `import { readFileSync } from "node:fs";
     readFileSync("config");
     function run(readFileSync = () => 1) { return readFileSync(); }`,
  "a Deno that is shadowed":
    `function run() { const Deno = { statSync: () => 1 }; return Deno.statSync(); }`,
  "a name that is shadowed by a block": `import { statSync } from "node:fs";
     statSync("x");
     function run() { { const statSync = () => 1; return statSync(); } }`,
  "the same method of another class":
    `class Disk { read() { return Deno.statSync("x"); } }
     class Memory { read() { return 1; } }
     new Disk().read();
     const store = new Memory();
     function run() { return store.read(); }`,
  "the same method of another class, handed to one function":
    `class Disk { read() { return Deno.statSync("x"); } }
     class Memory { read() { return 1; } }
     const read = (store: { read(): unknown }) => store.read();
     read(new Disk());
     function run() { return read(new Memory()); }`,
  "another's callback of a shared helper":
    `function retry<T>(work: () => T): T { return work(); }
     const config = retry(() => Deno.statSync("x"));
     function run() { return retry(() => 1) + String(config); }`,
  "another's callback of a nested shared helper":
    `function once<T>(work: () => T): T { return work(); }
     function retry<T>(work: () => T): T { return once(() => once(work)); }
     const config = retry(() => Deno.statSync("x"));
     function run() { return retry(() => 1) + String(config); }`,
  "another instance's listener":
    `class Bus { listeners: (() => void)[] = []; on2(fn: () => void) { this.listeners.push(fn); } emit2() { this.listeners.forEach((fn) => fn()); } }
     const boot = new Bus(); boot.on2(() => Deno.statSync("x")); boot.emit2();
     const live = new Bus(); live.on2(() => {});
     function run() { live.emit2(); }`,
  "a type-only import": `import type { statSync } from "node:fs";
     declare const look: typeof statSync | undefined;
     function run(): Parameters<NonNullable<typeof look>> | number { return 1; }`,
  "a function that is named and not called":
    `function run() { return typeof Deno.statSync; }`,
  "a closure that is made and not called":
    `function run() { const later = () => Deno.statSync("x"); return 1 + later.length; }`,
  "an overridden method": `class Base { read() { return Deno.statSync("x"); } }
     class Store extends Base { override read() { return 1; } }
     const store = new Store();
     function run() { return store.read(); }`,
  "an overridden property": `const base = { read: () => Deno.statSync("x") };
     const store = { ...base, read: () => 1 };
     function run() { return store.read(); }`,
  "an object that is printed":
    `const store = { read: () => Deno.statSync("x") };
     function run() { console.log(store); return JSON.stringify(store) && Object.keys(store); }`,
  "randomBytes with a callback and a few bytes":
    `import { randomBytes } from "node:crypto";
     function run() { randomBytes(16, () => {}); return randomBytes(16); }`,
  "what needs a large input": `function run() { return JSON.parse("{}"); }`,
};

for (const [name, code] of Object.entries(innocent)) {
  Deno.test(`scan() tells nothing of ${name}`, async () => {
    assert.deepEqual(await found(serving(code)), []);
  });
}

Deno.test("scan() tells nothing of work in a thread", async () => {
  const { findings, stats } = await scanProgram({
    "deno.json":
      `{ "imports": { "@loophound/toolkit/": "npm:/@loophound/toolkit@0.1.0/" } }`,
    "main.ts": `
      import { createThreadPool, startThread } from "@loophound/toolkit/offload";
      import { count } from "./count.ts";
      const pool = await createThreadPool({ classes: { short: { threads: 1 } } });
      const thread = startThread(new URL("./engine.ts", import.meta.url));
      const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
      Deno.serve(async () => {
        const lines = await pool.run(count, "x", { onProgress: () => 1 });
        thread.post(lines);
        worker.postMessage(lines);
        return new Response(String(lines));
      });`,
    "count.ts": `
      import { defineTask } from "@loophound/toolkit/offload";
      import { read } from "./read.ts";
      const wrap = <T>(work: T) => work;
      export const count = defineTask({ name: "count", module: import.meta.url, run: wrap((path: string) => read(path)) });`,
    "read.ts": `
      export function read(path: string) {
        setInterval(() => Deno.statSync(path), 5);
        return Deno.readTextFileSync(path);
      }`,
    "engine.ts": `
      import { open } from "./open.ts";
      open();
      addEventListener("message", () => Deno.statSync("x"));
      setInterval(() => Deno.statSync("x"), 5);`,
    "open.ts":
      `export function open() { setTimeout(() => Deno.mkdirSync("x")); }`,
    "worker.ts": `self.onmessage = () => Deno.statSync("x");`,
  });
  assert.deepEqual(findings, []);
  assert.equal(stats.threadFiles, 3);
});

Deno.test("scan() takes a callback of the pool for one of the loop", async () => {
  const lines = await found({
    "main.ts": `
      import { createThreadPool } from "npm:@loophound/toolkit/offload";
      import type { Task } from "npm:@loophound/toolkit/offload";
      declare const task: Task<string, string>;
      const pool = await createThreadPool();
      Deno.serve(async () => new Response(await pool.run(task, "x", {
        onProgress: () => Deno.writeTextFileSync("log", "x"),
      })));`,
  });
  assert.deepEqual(lines, [
    "serve: <anonymous> > onProgress > Deno.writeTextFileSync",
  ]);
});

Deno.test("scan() follows a thread's module that the program imports too", async () => {
  const lines = await found({
    "main.ts": `
      import { work } from "./worker.ts";
      new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
      Deno.serve(() => new Response(work()));`,
    "worker.ts":
      `export function work() { return Deno.readTextFileSync("x"); }`,
  });
  assert.deepEqual(lines, [
    "serve: <anonymous> > work > Deno.readTextFileSync",
  ]);
});

Deno.test("scan() learns by options what else runs in a thread", async () => {
  const files = {
    "main.ts": `
      import workerpool from "npm:workerpool@9";
      import { job } from "./jobs.ts";
      const pool = workerpool.pool();
      job(() => Deno.statSync("1"));
      Deno.serve(async () => new Response(await pool.exec(() => Deno.readTextFileSync("2"))));`,
    "jobs.ts":
      `export function job(work: () => void) { setInterval(() => work(), 5); }`,
  };
  assert.equal((await found(files)).length, 2);
  assert.deepEqual(
    await found(files, {
      offLoop: ["./jobs.ts#job", "npm:workerpool#pool().exec"],
    }),
    [],
  );
  await assert.rejects(found(files, { offLoop: ["job"] }), {
    name: "TypeError",
    message:
      'Cannot take "job" as what runs off the loop: write it as module#name',
  });
});
