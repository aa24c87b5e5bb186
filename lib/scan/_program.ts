import type * as t from "@babel/types";
import { posix } from "node:path";
import type { Config } from "./_config.ts";
import type { Linked, ModuleInfo } from "./_facts.ts";
import { readModule } from "./_read_module.ts";
import type { Counter } from "./_reader.ts";
import { fileCandidates, resolveImport } from "./_resolve.ts";
import { isScript, parseFile, placeOf } from "./_syntax.ts";
import type { ScanHost, ScanProblem } from "./types.ts";

/** Files read at the same time. */
const READS_AT_ONCE = 32;

/** All files of one's own that the given ones lead to. */
export interface Program {
  readonly modules: readonly ModuleInfo[];
  readonly byPath: ReadonlyMap<string, ModuleInfo>;
  /** Files, with absolute paths. */
  readonly problems: readonly ScanProblem[];
  readonly characters: number;
  /** Where a specifier leads that is written in a file. */
  link(specifier: string, from: ModuleInfo): Linked;
}

class Loader {
  readonly modules: ModuleInfo[] = [];
  readonly byPath = new Map<string, ModuleInfo>();
  readonly problems: ScanProblem[] = [];
  characters = 0;
  readonly #host: ScanHost;
  readonly #config: Config;
  readonly #counter: Counter = { next: 0 };
  /** Path asked for → path found, or null. */
  readonly #found = new Map<string, string | null>();
  readonly #texts = new Map<string, string>();

  constructor(host: ScanHost, config: Config) {
    this.#host = host;
    this.#config = config;
  }

  async load(paths: readonly string[]): Promise<void> {
    let wave = [...paths];
    while (wave.length > 0) {
      await inBatches(wave, (path) => this.#locate(path));
      const next = new Set<string>();
      for (const path of wave) {
        const found = this.#found.get(path);
        if (found == null || this.byPath.has(found)) continue;
        const module = this.#parse(found);
        for (const { specifier } of module.imports) {
          const target = resolveImport(this.#config, specifier, found);
          if (target.kind === "file") next.add(target.path);
        }
      }
      wave = [...next].filter((path) => !this.#found.has(path));
    }
    for (const module of this.modules) this.#linkAll(module);
  }

  /** Finds and reads the file that an import means. */
  async #locate(path: string): Promise<void> {
    if (this.#found.has(path)) return;
    this.#found.set(path, null);
    for (const candidate of fileCandidates(path)) {
      if (!isScript(candidate)) continue;
      const text = await this.#host.readText(candidate);
      if (text === undefined) continue;
      this.#found.set(path, candidate);
      if (!this.byPath.has(candidate)) this.#texts.set(candidate, text);
      return;
    }
  }

  #parse(path: string): ModuleInfo {
    const text = this.#texts.get(path) ?? "";
    this.#texts.delete(path);
    this.characters += text.length;
    const { program, comments, problem } = parseFile(path, text);
    if (problem !== undefined) {
      this.problems.push({ kind: "syntax", file: path, ...problem });
    }
    const index = this.modules.length;
    let module: ModuleInfo;
    try {
      module = readModule(path, {
        program: program ?? EMPTY,
        comments,
        index,
        counter: this.#counter,
      });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.problems.push({
        kind: "syntax",
        file: path,
        line: 1,
        column: 1,
        message: "Too deeply nested to be read",
      });
      module = readModule(path, {
        program: EMPTY,
        comments,
        index,
        counter: this.#counter,
      });
    }
    this.modules.push(module);
    this.byPath.set(path, module);
    return module;
  }

  #linkAll(module: ModuleInfo): void {
    for (const { specifier, node } of module.imports) {
      if (module.links.has(specifier)) continue;
      const linked = this.link(specifier, module);
      if (linked.kind !== "none") continue;
      const target = resolveImport(this.#config, specifier, module.path);
      if (target.kind === "file" && isCode(target.path)) {
        this.problems.push({
          kind: "missing_module",
          file: module.path,
          ...placeOf(node),
          message: `Cannot find "${specifier}"`,
        });
      }
    }
  }

  link(specifier: string, from: ModuleInfo): Linked {
    const known = from.links.get(specifier);
    if (known !== undefined) return known;
    const target = resolveImport(this.#config, specifier, from.path);
    let linked: Linked;
    if (target.kind === "file") {
      const path = this.#found.get(target.path) ?? target.path;
      const module = this.byPath.get(path);
      linked = module === undefined
        ? { kind: "none" }
        : { kind: "module", module };
    } else {
      linked = target;
    }
    from.links.set(specifier, linked);
    return linked;
  }
}

const EMPTY = { type: "Program", body: [] } as unknown as t.Program;

/** JSON, style sheets and declarations hold nothing to scan. */
function isCode(path: string): boolean {
  return isScript(path) || posix.extname(path) === "";
}

async function inBatches<T>(
  items: readonly T[],
  run: (item: T) => Promise<void>,
): Promise<void> {
  for (let i = 0; i < items.length; i += READS_AT_ONCE) {
    await Promise.all(items.slice(i, i + READS_AT_ONCE).map(run));
  }
}

/** Reads the given files and all of one's own that they import. */
export async function loadProgram(
  paths: readonly string[],
  { host, config }: { host: ScanHost; config: Config },
): Promise<Program> {
  const loader = new Loader(host, config);
  await loader.load(paths);
  return loader;
}
