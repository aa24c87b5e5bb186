import assert from "node:assert/strict";
import { found, scanProgram } from "./_test_program.ts";

const cases: Record<string, [string, string[]]> = {
  "Deno.serve(handler)": [
    `Deno.serve(() => new Response(Deno.readTextFileSync("x")));`,
    ["serve: <anonymous> > Deno.readTextFileSync"],
  ],
  "Deno.serve(options, handler)": [
    `function handle() { Deno.statSync("x"); return new Response(); }
     Deno.serve({ port: 1 }, handle);`,
    ["serve: handle > Deno.statSync"],
  ],
  "Deno.serve({ handler, onError })": [
    `Deno.serve({
       handler: () => new Response(),
       onError(error) { Deno.writeTextFileSync("x", String(error)); return new Response(); },
       onListen() { Deno.writeTextFileSync("port", "1"); },
     });`,
    ["serve: onError > Deno.writeTextFileSync"],
  ],
  "export default { fetch }": [
    `export default { fetch() { Deno.statSync("x"); return new Response(); } };`,
    ["export default { fetch }: fetch > Deno.statSync"],
  ],
  "export default with satisfies, of a class": [
    `class App { fetch() { return this.#answer(); } #answer() { Deno.statSync("x"); return new Response(); } }
     export default new App() satisfies Deno.ServeDefaultExport;`,
    ["export default { fetch }: App.fetch > App.#answer > Deno.statSync"],
  ],
  "createServer of node:http": [
    `import { createServer } from "node:http";
     import { statSync } from "node:fs";
     createServer((request, response) => response.end(statSync("x").size)).listen(1);`,
    ["createServer: <anonymous> > node:fs.statSync"],
  ],
  "timers": [
    `import { setInterval as every } from "node:timers";
     import process from "node:process";
     setTimeout(() => Deno.statSync("1"), 5);
     every(() => Deno.statSync("2"), 5);
     queueMicrotask(function later() { Deno.statSync("3"); });
     process.nextTick(() => Deno.statSync("4"));
     setImmediate(() => Deno.statSync("5"));
     Deno.cron("daily", "0 0 * * *", () => { Deno.statSync("6"); });`,
    [
      "setTimeout: <anonymous> > Deno.statSync",
      "setInterval: <anonymous> > Deno.statSync",
      "queueMicrotask: later > Deno.statSync",
      "nextTick: <anonymous> > Deno.statSync",
      "setImmediate: <anonymous> > Deno.statSync",
      "cron: <anonymous> > Deno.statSync",
    ],
  ],
  "a timer's own arguments": [
    `function tick(read: () => void) { read(); }
     setTimeout(tick, 5, () => Deno.statSync("x"));`,
    ["setTimeout: tick > <anonymous> > Deno.statSync"],
  ],
  "events": [
    `import { EventEmitter } from "node:events";
     import process from "node:process";
     new EventTarget().addEventListener("x", () => Deno.statSync("1"));
     new EventEmitter().once("paid", () => Deno.statSync("2"));
     process.on("SIGHUP", () => Deno.statSync("3"));
     Deno.addSignalListener("SIGINT", () => Deno.statSync("4"));
     new EventTarget().addEventListener("y", { handleEvent() { Deno.statSync("5"); } });`,
    [
      'addEventListener "x": <anonymous> > Deno.statSync',
      'once "paid": <anonymous> > Deno.statSync',
      'on "SIGHUP": <anonymous> > Deno.statSync',
      "addSignalListener: <anonymous> > Deno.statSync",
      'addEventListener "y": handleEvent > Deno.statSync',
    ],
  ],
  "onmessage =": [
    `const { port1, port2 } = new MessageChannel();
     port1.onmessage = () => Deno.statSync("1");
     globalThis.onunhandledrejection = function lost() { Deno.statSync("2"); };`,
    [
      "onmessage: onmessage > Deno.statSync",
      "onunhandledrejection: lost > Deno.statSync",
    ],
  ],
  "a class on top of an EventTarget": [
    `class Bus extends EventTarget {
       constructor() { super(); this.addEventListener("x", () => this.#count()); }
       #count() { Deno.statSync("x"); }
     }
     new Bus();`,
    ['addEventListener "x": <anonymous> > Bus.#count > Deno.statSync'],
  ],
  "streams": [
    `new ReadableStream({ start() { Deno.statSync("0"); }, pull() { Deno.statSync("1"); } });
     new TransformStream({ transform: (chunk) => { Deno.statSync("2"); } });
     const sink = { write() { Deno.statSync("3"); } };
     new WritableStream(sink);`,
    [
      "ReadableStream pull: pull > Deno.statSync",
      "TransformStream transform: transform > Deno.statSync",
      "WritableStream write: write > Deno.statSync",
    ],
  ],
  "streams of node": [
    `import { Readable, Transform } from "node:stream";
     import fs from "node:fs";
     new Readable({ read() { this.push(fs.readFileSync("x")); } });
     class Zip extends Transform { _transform() { fs.statSync("y"); } }
     new Zip();`,
    [
      "Readable read: read > node:fs.readFileSync",
      "Zip._transform: Zip._transform > node:fs.statSync",
    ],
  ],
  "a loop over what comes in": [
    `for await (const connection of Deno.listen({ port: 1 })) {
       Deno.writeTextFileSync("log", String(connection));
     }`,
    ["for await listen: <module> > Deno.writeTextFileSync"],
  ],
  "what a package is given at start-up": [
    `import { PgBoss } from "pg-boss";
     const boss = new PgBoss("x");
     boss.work("mail", async () => { await 1; Deno.statSync("x"); });`,
    ["pg-boss work: <anonymous> > Deno.statSync"],
  ],
};

for (const [name, [code, expected]] of Object.entries(cases)) {
  Deno.test(`scan() enters by ${name}`, async () => {
    assert.deepEqual(await found(code), expected);
  });
}

Deno.test("scan() names where an entry is registered, and its route", async () => {
  const { findings } = await scanProgram(`import { Hono } from "npm:hono@4";
const app = new Hono();
app.get("/x/:id", (c) => {
  setTimeout(() => Deno.statSync("x"), 1);
  return c.body(new ReadableStream({ pull: () => Deno.readFileSync("y") }));
});
function everywhere() {
  setTimeout(() => Deno.lstatSync("z"), 1);
}
app.get("/a", () => everywhere());
app.get("/b", () => everywhere());
`);
  assert.deepEqual(
    findings.map(({ entry }) => entry),
    [
      {
        kind: "timer",
        route: "GET /x/:id",
        label: "setTimeout",
        file: "main.ts",
        line: 4,
      },
      {
        kind: "stream",
        route: "GET /x/:id",
        label: "ReadableStream pull",
        file: "main.ts",
        line: 5,
      },
      // Set up by two: by none in particular.
      {
        kind: "timer",
        route: null,
        label: "setTimeout",
        file: "main.ts",
        line: 8,
      },
    ],
  );
  assert.deepEqual(findings[0]?.culprit, {
    function: "<anonymous>",
    file: "main.ts",
    line: 4,
    column: 20,
  });
});

Deno.test("scan() tells nothing of what is only done at start-up", async () => {
  assert.deepEqual(
    await found({
      "config.ts":
        `export const config = JSON.parse(Deno.readTextFileSync("config.json"));`,
      "main.ts": `
        import { config } from "./config.ts";
        import { readFileSync } from "node:fs";
        const page = readFileSync("page.html");
        async function main() {
          await Promise.resolve();
          const more = ["a", "b"].map((name) => Deno.statSync(name));
          Deno.serve(() => new Response(page + config + more));
        }
        await main();`,
    }),
    [],
  );
});

Deno.test("scan() tells nothing of helpers that no entry reaches", async () => {
  assert.deepEqual(
    await found(`
      export function install() { Deno.mkdirSync("data"); }
      export class Installer { run() { install(); } }
      Deno.test("x", () => { install(); });
      Deno.serve(() => new Response());`),
    [],
  );
});
