/**
 * A program of many files, for tests and figures: features with routes,
 * services, stores and helpers, one in so many of which blocks.
 */

/** What a program is made like. */
export interface SyntheticOptions {
  /** Files; each feature has ten. */
  files: number;
  /** Every n-th feature blocks. */
  blockingEvery: number;
}

/** A made program, and what should be found in it. */
export interface SyntheticProgram {
  files: Record<string, string>;
  /** Routes, each with the function that blocks: none twice. */
  expected: string[];
}

const HELPERS = `export function pad(text: string, length = 8): string {
  return text.padStart(length, "0");
}
export async function retry<T>(work: () => Promise<T>, times = 3): Promise<T> {
  for (let i = 1;; i++) {
    try {
      return await work();
    } catch (error) {
      if (i >= times) throw error;
    }
  }
}
export const memo = <K, V>(make: (key: K) => V) => {
  const known = new Map<K, V>();
  return (key: K): V => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = make(key);
    known.set(key, made);
    return made;
  };
};
`;

function routesOf(n: number): string {
  return `import { createRouter } from "../../router.ts";
import type { Services${n} } from "./services.ts";
import { parse${n} } from "./parse.ts";

export function routes${n}(services: Services${n}) {
  const router = createRouter();
  router.get("/", async (c) => c.json(await services.list.all()));
  router.get("/:id", async (c) => {
    const id = parse${n}(c.req.param("id"));
    return c.json(await services.list.one(id));
  });
  router.post("/", async (c) => {
    const body = await c.req.json();
    await services.writer.add(body);
    return c.body(null, 204);
  });
  return router;
}
`;
}

function feature(n: number, blocks: boolean): Record<string, string> {
  const load = blocks
    ? `return [Deno.readTextFileSync(\`data/\${name}\`)];`
    : `return [await Deno.readTextFile(\`data/\${name}\`)];`;
  return {
    "routes.ts": routesOf(n),
    "services.ts": `import { List${n} } from "./list.ts";
import { Writer${n} } from "./writer.ts";
import { openStore${n} } from "./store.ts";

export function openServices${n}() {
  const store = openStore${n}();
  return { list: new List${n}(store), writer: new Writer${n}(store) };
}
export type Services${n} = ReturnType<typeof openServices${n}>;
`,
    "list.ts": `import type { Store${n} } from "./types.ts";
import { retry } from "../../helpers.ts";

export class List${n} {
  constructor(private readonly store: Store${n}) {}
  async all(): Promise<string[]> {
    return await retry(() => this.store.read("all"));
  }
  async one(id: string): Promise<string | undefined> {
    const rows = await this.all();
    return rows.find((row) => row.startsWith(id));
  }
}
`,
    "writer.ts": `import type { Store${n} } from "./types.ts";

export class Writer${n} {
  #store: Store${n};
  constructor(store: Store${n}) {
    this.#store = store;
  }
  async add(value: unknown): Promise<void> {
    await this.#store.write("all", JSON.stringify(value));
  }
}
`,
    "store.ts": `import type { Store${n} } from "./types.ts";
import { load${n} } from "./load.ts";
import { save${n} } from "./save.ts";

export function openStore${n}(): Store${n} {
  return { read: (name) => load${n}(name), write: save${n} };
}
`,
    "load.ts":
      `export async function load${n}(name: string): Promise<string[]> {
  await Promise.resolve();
  ${load}
}
`,
    "save.ts":
      `export async function save${n}(name: string, text: string): Promise<void> {
  await Deno.writeTextFile(\`data/\${name}\`, text);
}
`,
    "types.ts": `export interface Store${n} {
  read(name: string): Promise<string[]>;
  write(name: string, text: string): Promise<void>;
}
`,
    "parse.ts": `import { memo, pad } from "../../helpers.ts";

export const parse${n} = memo((text: string) => pad(text.trim(), ${n % 9}));
`,
    "mod.ts": `export { openServices${n} } from "./services.ts";
export * from "./routes.ts";
`,
  };
}

/** Makes a program of so many files. */
export function syntheticProgram(
  { files: count, blockingEvery }: SyntheticOptions,
): SyntheticProgram {
  const features = Math.max(1, Math.floor((count - 3) / 10));
  const files: Record<string, string> = {
    "helpers.ts": HELPERS,
    "router.ts": `import { Hono } from "npm:hono@4";
export const createRouter = () => new Hono();
`,
  };
  const expected: string[] = [];
  const imports: string[] = [];
  const mounts: string[] = [];
  for (let n = 0; n < features; n++) {
    const blocks = n % blockingEvery === 0;
    for (const [name, text] of Object.entries(feature(n, blocks))) {
      files[`features/f${n}/${name}`] = text;
    }
    imports.push(
      `import { openServices${n}, routes${n} } from "./features/f${n}/mod.ts";`,
    );
    mounts.push(`app.route("/f${n}", routes${n}(openServices${n}()));`);
    if (blocks) {
      for (const path of [`/f${n}`, `/f${n}/:id`]) {
        expected.push(`GET ${path} load${n}`);
      }
    }
  }
  files["main.ts"] = `import { createRouter } from "./router.ts";
${imports.join("\n")}

const app = createRouter();
${mounts.join("\n")}
Deno.serve(app.fetch);
`;
  return { files, expected: expected.sort() };
}
