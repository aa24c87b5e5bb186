/**
 * What takes work off the loop: the thread pool of this toolkit, workers, and
 * what the caller names.
 *
 * @module
 */
import type { Evaluator, IsOpaque } from "./_evaluator.ts";
import type { FnInfo, ModuleInfo } from "./_facts.ts";
import type { Program } from "./_program.ts";
import { posix } from "node:path";
import type { Value } from "./_values.ts";

/** The part of this toolkit whose inside is not the user's to mend. */
const OFFLOAD = "@loophound/toolkit/offload";

/** What runs the functions or modules that it is given in a thread. */
const HANDS_OFF: readonly string[] = [
  `${OFFLOAD}#defineTask`,
  `${OFFLOAD}#startThread`,
  "global#Worker",
  "node:worker_threads#Worker",
];

interface Name {
  module: string;
  name: string;
}

function readName(text: string): Name {
  const cut = text.lastIndexOf("#");
  const module = text.slice(0, Math.max(cut, 0));
  const name = text.slice(cut + 1);
  if (module === "" || name === "") {
    throw new TypeError(
      `Cannot take "${text}" as what runs off the loop: write it as module#name`,
    );
  }
  return { module, name };
}

function packageOf(module: string): string {
  return module.replace(/^(?:npm|jsr):/, "");
}

/** Knows what runs in a thread. */
export class OffLoop {
  readonly #names: readonly Name[];
  readonly #program: Program;
  readonly #root: string;
  readonly #own = new Set<unknown>();
  /** Folder of this toolkit's thread pool, when it is among the files. */
  readonly #offload: string | null;

  /**
   * @param names As `module#name`.
   * @throws {TypeError} A name is not of that form.
   */
  constructor(
    program: Program,
    { names, root }: { names: readonly string[]; root: string },
  ) {
    this.#program = program;
    this.#root = root;
    this.#names = [...HANDS_OFF, ...names].map(readName);
    const door = this.#moduleOf(OFFLOAD);
    this.#offload = door === null ? null : `${posix.dirname(door.path)}/`;
  }

  /** Packages that some of the names are of. */
  packages(): ReadonlySet<string> {
    return new Set(this.#names.map(({ module }) => packageOf(module)));
  }

  /** The own file that a module name means, if it does. */
  #moduleOf(name: string): ModuleInfo | null {
    if (name.startsWith(".") || name.startsWith("/")) {
      return this.#program.byPath.get(posix.resolve(this.#root, name)) ?? null;
    }
    for (const module of this.#program.modules) {
      const linked = module.links.get(name);
      if (linked?.kind === "module") return linked.module;
    }
    return null;
  }

  /** Functions of the thread pool are not followed from outside. */
  readonly isOpaque: IsOpaque = (target, from: FnInfo) =>
    this.#offload !== null && target.module.path.startsWith(this.#offload) &&
    !from.module.path.startsWith(this.#offload);

  /** Finds what the names stand for among one's own functions. */
  find(evaluator: Evaluator): void {
    for (const { module, name } of this.#names) {
      const found = this.#moduleOf(module);
      if (found === null) continue;
      for (const value of evaluator.exports.exported(found, name)) {
        if (value.kind === "function") this.#own.add(value.fn);
        if (value.kind === "class") this.#own.add(value.cls);
      }
    }
  }

  /** Whether a function runs in a thread what it is given. */
  handsOff(value: Value): boolean {
    switch (value.kind) {
      case "function":
        return this.#own.has(value.fn);
      case "class":
        return this.#own.has(value.cls);
      case "api":
        return this.#names.some(({ module, name }) =>
          module === value.module && name === value.path
        );
      case "package":
        return this.#names.some(({ module, name }) =>
          packageOf(module) === value.name && name === value.path
        );
      default:
        return false;
    }
  }
}
