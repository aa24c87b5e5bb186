import assert from "node:assert/strict";
import { found, serving } from "./_test_program.ts";

/** Code that `run()` starts, and the names on the way to `Deno.statSync`. */
const reached: Record<string, [string, ...string[]]> = {
  "a function": [`function run() { return Deno.statSync("x"); }`, "run"],
  "an arrow of a constant": [
    `const run = () => Deno.statSync("x");`,
    "run",
  ],
  "a function that is defined later": [
    `const run = () => later(); function later() { Deno.statSync("x"); }`,
    "run",
    "later",
  ],
  "a closure": [
    `function run() { const inner = () => Deno.statSync("x"); return inner(); }`,
    "run",
    "inner",
  ],
  "a function that is called where it stands": [
    `function run() { return (() => Deno.statSync("x"))(); }`,
    "run",
    "<anonymous>",
  ],
  "a callback of an array method": [
    `function run() { return ["x"].map((name) => Deno.statSync(name)); }`,
    "run",
    "<anonymous>",
  ],
  "a named callback": [
    `const size = (name: string) => Deno.statSync(name);
     function run() { return ["x"].map(size); }`,
    "run",
    "size",
  ],
  "what an array holds": [
    `const steps = [() => 1, () => Deno.statSync("x")];
     function run() { for (const step of steps) step(); }`,
    "run",
    "<anonymous>",
  ],
  "what an array is filled with": [
    `const steps: (() => void)[] = [];
     steps.push(() => Deno.statSync("x"));
     function run() { steps.forEach((step) => step()); }`,
    "run",
    "<anonymous>",
    "<anonymous>",
  ],
  "what a map holds": [
    `const steps = new Map([["a", () => Deno.statSync("x")]]);
     function run() { return steps.get("a")!(); }`,
    "run",
    "<anonymous>",
  ],
  "what a map is filled with": [
    `const steps = new Map<string, () => void>();
     function register(name: string, step: () => void) { steps.set(name, step); }
     register("a", () => Deno.statSync("x"));
     function run() { for (const [name, step] of steps) step(); }`,
    "run",
    "<anonymous>",
  ],
  "a table of functions": [
    `const table = { a: () => 1, b: () => Deno.statSync("x") };
     function run(name = "b") { return table[name as "a"](); }`,
    "run",
    "b",
  ],
  "a promise's callback": [
    `function run() { return Promise.resolve(1).then(() => Deno.statSync("x")); }`,
    "run",
    "<anonymous>",
  ],
  "the continuation of an await": [
    `async function run() { await Promise.resolve(); await step(); }
     async function step() { await Promise.resolve(); Deno.statSync("x"); }`,
    "run",
    "step",
  ],
  "a generator": [
    `function* walk() { yield Deno.statSync("x"); }
     function run() { return [...walk()]; }`,
    "run",
    "walk",
  ],
  "an async generator": [
    `async function* walk() { yield Deno.statSync("x"); }
     async function run() { for await (const one of walk()) console.log(one); }`,
    "run",
    "walk",
  ],
  "an iterator of one's own": [
    `class Lines { *[Symbol.iterator]() { yield Deno.statSync("x"); } }
     function run() { for (const line of new Lines()) console.log(line); }`,
    "run",
    "Lines.@@iterator",
  ],
  "a higher-order function": [
    `function retry<T>(work: () => T): T { return work(); }
     function run() { return retry(() => Deno.statSync("x")); }`,
    "run",
    "retry",
    "<anonymous>",
  ],
  "a wrapper that gives back a function": [
    `const timed = (fn: () => void) => () => { fn(); };
     const run = timed(function load() { Deno.statSync("x"); });`,
    "<anonymous>",
    "load",
  ],
  "a wrapper of a wrapper": [
    `const timed = (fn: () => void) => function timed() { fn(); };
     const run = timed(timed(function load() { Deno.statSync("x"); }));`,
    "timed",
    "timed",
    "load",
  ],
  "an option": [
    `function make({ load = () => 1 }: { load?: () => unknown }) { return () => load(); }
     const run = make({ load: () => Deno.statSync("x") });`,
    "<anonymous>",
    "load",
  ],
  "a default value": [
    `function run(load = () => Deno.statSync("x")) { return load(); }`,
    "run",
    "load",
  ],
  "a choice": [
    `const fast = () => 1; const slow = () => Deno.statSync("x");
     function run() { return (Math.random() > 0.5 ? fast : slow)(); }`,
    "run",
    "slow",
  ],
  "a variable that is assigned later": [
    `let load: () => unknown = () => 1;
     export function install() { load = () => Deno.statSync("x"); }
     install();
     function run() { return load(); }`,
    "run",
    "load",
  ],
  "a dependency that is handed in": [
    `let load: () => unknown;
     export function install(given: () => unknown) { load = given; }
     install(() => Deno.statSync("x"));
     function run() { return load(); }`,
    "run",
    "<anonymous>",
  ],
  "a method": [
    `class Store { read() { return Deno.statSync("x"); } }
     const store = new Store();
     function run() { return store.read(); }`,
    "run",
    "Store.read",
  ],
  "a method of a private field": [
    `class Disk { size() { return Deno.statSync("x"); } }
     class Store { #disk = new Disk(); read() { return this.#disk.size(); } }
     const store = new Store();
     function run() { return store.read(); }`,
    "run",
    "Store.read",
    "Disk.size",
  ],
  "a field that the constructor fills": [
    `class Disk { size() { return Deno.statSync("x"); } }
     class Store { disk; constructor(disk: unknown) { this.disk = disk; } read() { return (this.disk as any).size(); } }
     const store = new Store(new Disk());
     function run() { return store.read(); }`,
    "run",
    "Store.read",
    "Disk.size",
  ],
  "a parameter property": [
    `class Disk { size() { return Deno.statSync("x"); } }
     class Store { constructor(private readonly disk: Disk) {} read() { return this.disk.size(); } }
     function run() { return new Store(new Disk()).read(); }`,
    "run",
    "Store.read",
    "Disk.size",
  ],
  "a constructor": [
    `class Store { constructor() { Deno.statSync("x"); } }
     function run() { return new Store(); }`,
    "run",
    "new Store",
  ],
  "a field's initialiser": [
    `class Store { size = Deno.statSync("x"); }
     function run() { return new Store(); }`,
    "run",
    "new Store",
  ],
  "super": [
    `class Base { constructor() { this.open(); } open() {} read() { return Deno.statSync("x"); } }
     class Store extends Base { override read() { return super.read(); } }
     function run() { return new Store().read(); }`,
    "run",
    "Store.read",
    "Base.read",
  ],
  "an inherited method": [
    `class Base { read() { return Deno.statSync("x"); } }
     class Store extends Base {}
     function run() { return new Store().read(); }`,
    "run",
    "Base.read",
  ],
  "an abstract method": [
    `abstract class Base { read() { return this.load(); } abstract load(): unknown; }
     class Store extends Base { load() { return Deno.statSync("x"); } }
     const store: Base = new Store();
     function run() { return store.read(); }`,
    "run",
    "Base.read",
    "Store.load",
  ],
  "a static method": [
    `class Store { static read() { return Deno.statSync("x"); } }
     function run() { return Store.read(); }`,
    "run",
    "Store.read",
  ],
  "a getter": [
    `class Store { get size() { return Deno.statSync("x"); } }
     const store = new Store();
     function run() { return store.size; }`,
    "run",
    "get Store.size",
  ],
  "a getter of an object": [
    `const store = { get size() { return Deno.statSync("x"); } };
     function run() { return store.size; }`,
    "run",
    "size",
  ],
  "a setter": [
    `class Store { set size(value: number) { Deno.truncateSync("x", value); Deno.statSync("x"); } }
     const store = new Store();
     function run() { store.size = 5; }`,
    "run",
    "set Store.size",
  ],
  "an object with methods": [
    `function openStore() { return { read: () => Deno.statSync("x") }; }
     const store = openStore();
     function run() { return store.read(); }`,
    "run",
    "read",
  ],
  "this of an object": [
    `const store = { read() { return this.load(); }, load() { return Deno.statSync("x"); } };
     function run() { return store.read(); }`,
    "run",
    "read",
    "load",
  ],
  "a spread object": [
    `const base = { read: () => Deno.statSync("x") };
     const store = { ...base, write: () => 1 };
     function run() { return store.read(); }`,
    "run",
    "read",
  ],
  "a bound method": [
    `class Store { read() { return this.load(); } load() { return Deno.statSync("x"); } }
     const store = new Store();
     const read = store.read.bind(store);
     function run() { return read(); }`,
    "run",
    "Store.read",
    "Store.load",
  ],
  "call and apply": [
    `function load() { return Deno.statSync("x"); }
     function run() { return load.call(null) ?? load.apply(null, []); }`,
    "run",
    "load",
  ],
  "Reflect.apply": [
    `function load() { return Deno.statSync("x"); }
     function run() { return Reflect.apply(load, null, []); }`,
    "run",
    "load",
  ],
  "a tagged template": [
    `function sql(parts: TemplateStringsArray) { return Deno.statSync(parts[0]!); }
     const run = () => sql\`x\`;`,
    "run",
    "sql",
  ],
  "a thenable": [
    `class Query { then(done: (value: unknown) => void) { done(Deno.statSync("x")); } }
     async function run() { return await new Query(); }`,
    "run",
    "Query.then",
  ],
  "using": [
    `class Lock { [Symbol.dispose]() { Deno.removeSync("x"); Deno.statSync("x"); } }
     function run() { using lock = new Lock(); return lock; }`,
    "run",
    "Lock.@@dispose",
  ],
  "a decorated method": [
    `function traced(method: () => unknown) { return function traced(this: unknown) { return method.call(this); }; }
     class Store { @traced read() { return Deno.statSync("x"); } }
     const store = new Store();
     function run() { return store.read(); }`,
    "run",
    "Store.read",
  ],
  "an immediately chosen function": [
    `function run() { return [Deno.statSync][0]!("x"); }`,
    "run",
  ],
  "a type's class": [
    `class Store { read() { return Deno.statSync("x"); } }
     export function run(store?: Store) { return store!.read(); }`,
    "run",
    "Store.read",
  ],
  "an interface's class": [
    `interface Reader { read(): unknown }
     class Disk implements Reader { read() { return Deno.statSync("x"); } }
     export function run(reader?: Reader) { return reader?.read(); }`,
    "run",
    "Disk.read",
  ],
  "an interface's object": [
    `interface Reader { read(): unknown }
     export const disk: Reader = { read: () => Deno.statSync("x") };
     export function run(reader?: Reader) { return reader?.read(); }`,
    "run",
    "read",
  ],
  "an interface's object, given back by a function": [
    `interface Reader { read(): unknown }
     export function openDisk(): Reader { return { read: () => Deno.statSync("x") }; }
     export function run(reader?: Reader) { return reader?.read(); }`,
    "run",
    "read",
  ],
  "an interface within an interface": [
    `interface Reader { read(): unknown }
     interface Backend { reader: Reader }
     class Disk implements Reader { read() { return Deno.statSync("x"); } }
     export function run(backend?: Backend) { return backend!.reader.read(); }`,
    "run",
    "Disk.read",
  ],
  "elements of a typed list": [
    `class Store { read() { return Deno.statSync("x"); } }
     export function run(stores: readonly Store[] = []) { return stores.filter(Boolean).map((store) => store.read()); }`,
    "run",
    "<anonymous>",
    "Store.read",
  ],
  "the type of a function's result": [
    `function make() { return { read: () => Deno.statSync("x") }; }
     export function run(store?: ReturnType<typeof make>) { return store!.read(); }`,
    "run",
    "read",
  ],
  "a namespace": [
    `namespace Store { export function read() { return Deno.statSync("x"); } }
     function run() { return Store.read(); }`,
    "run",
    "read",
  ],
};

for (const [name, [code, ...path]] of Object.entries(reached)) {
  Deno.test(`scan() follows ${name}`, async () => {
    const lines = await found(serving(code));
    const expected = `serve: ${
      ["<anonymous>", ...path, "Deno.statSync"].join(" > ")
    }`;
    assert.ok(lines.includes(expected), lines.join("\n") || "nothing found");
  });
}
