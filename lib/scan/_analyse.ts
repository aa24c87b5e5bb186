import { posix } from "node:path";
import { Evaluator } from "./_evaluator.ts";
import type { FnInfo, ModuleInfo } from "./_facts.ts";
import { Cell } from "./_memory.ts";
import { modulesOnLoop } from "./_module_graph.ts";
import { OffLoop } from "./_off_loop.ts";
import type { Program } from "./_program.ts";
import { RouteLabels } from "./_routers.ts";
import { placeOf } from "./_syntax.ts";
import type { EntryKind } from "./types.ts";
import type { Frame, PackageValue } from "./_values.ts";
import {
  type FrameFacts,
  type Registration,
  type WalkContext,
  walkFrame,
} from "./_walk.ts";

/** Rounds until nothing new is learnt, at the most. */
const MOST_ROUNDS = 8;

/** A place where the loop enters. */
export interface Entry {
  readonly kind: EntryKind;
  readonly label: string;
  /** Absolute. */
  readonly file: string;
  readonly line: number;
  readonly frames: readonly Frame[];
  /** The frame that registers it; null for `export default { fetch }`. */
  readonly by: Frame | null;
}

/** What the analysis found. */
export interface Analysis {
  readonly facts: ReadonlyMap<Frame, FrameFacts>;
  readonly entries: readonly Entry[];
  /** Modules whose top level runs on the main loop. */
  readonly onLoop: ReadonlySet<ModuleInfo>;
  readonly rounds: number;
}

/** Names of all getters and setters of a program. */
function accessorsOf(program: Program): Set<string> {
  const names = new Set<string>();
  for (const { functions } of program.modules) {
    for (const { node } of functions) {
      if (
        (node.type === "ObjectMethod" || node.type === "ClassMethod" ||
          node.type === "ClassPrivateMethod") &&
        (node.kind === "get" || node.kind === "set")
      ) {
        const { key } = node;
        if (key.type === "Identifier") names.add(key.name);
        else if (key.type === "StringLiteral") names.add(key.value);
        else if (key.type === "PrivateName") names.add(`#${key.id.name}`);
      }
    }
  }
  return names;
}

/**
 * Finds what each function calls, from the top levels of modules and from
 * where the loop enters. In rounds: what one writes into an object, the next
 * one reads.
 */
export function analyse(
  program: Program,
  options: { offLoop: readonly string[]; root: string },
): Analysis {
  const offLoop = new OffLoop(program, {
    names: options.offLoop,
    root: options.root,
  });
  const evaluator = new Evaluator(program, {
    isOpaque: offLoop.isOpaque,
    handsOff: (value) => offLoop.handsOff(value),
    tracked: offLoop.packages(),
  });
  offLoop.find(evaluator);
  const accessors = accessorsOf(program);
  const threads = new Set<ModuleInfo>();
  const walked: Walked = new Map();
  let known = 0;
  let unchanged = 0;
  const context: WalkContext = {
    evaluator,
    accessors,
    moduleAt: (from, specifier) => {
      const path = posix.resolve(posix.dirname(from.path), specifier);
      return program.byPath.get(path);
    },
  };
  for (let round = 1;; round++) {
    const onLoop = modulesOnLoop(program, threads);
    const { facts, entries, started } = new Round(program, {
      context,
      onLoop,
      walked,
    }).run();
    // What is learnt late is mostly which object is which. When no call came
    // of it twice, none will.
    const size = sizeOf(facts);
    unchanged = size === known ? unchanged + 1 : 0;
    known = size;
    let isNew = evaluator.memory.settle() && unchanged < 2;
    for (const module of started) {
      if (threads.has(module)) continue;
      threads.add(module);
      isNew = true;
    }
    if (!isNew || round === MOST_ROUNDS) {
      const labels = new RouteLabels();
      for (const { mounts } of facts.values()) {
        for (const mount of mounts) labels.mount(mount);
      }
      return {
        facts,
        onLoop,
        rounds: round,
        entries: entries.flatMap((entry) => labelled(entry, labels)),
      };
    }
  }
}

/** What walking frames found, with what it was found from. */
type Walked = Map<Frame, Cell<FrameFacts>>;

/** How much there is: calls from function to function, and what is told. */
function sizeOf(facts: ReadonlyMap<Frame, FrameFacts>): number {
  const calls = new Set<number>();
  let told = 0;
  for (const [{ fn }, { edges, culprits, registrations }] of facts) {
    for (const { to } of edges) calls.add(fn.id * 1e7 + to.fn.id);
    told += culprits.length + registrations.length;
  }
  return calls.size * 1e5 + told;
}

interface FoundEntry {
  registration: Registration;
  by: Frame | null;
  file: string;
}

function labelled(
  { registration, by, file }: FoundEntry,
  labels: RouteLabels,
): Entry[] {
  const { kind, label, route, router, to, line } = registration;
  const none: PackageValue = {
    kind: "package",
    id: -1,
    name: "",
    path: "",
    made: "",
    prefix: "",
  };
  const all = route === null ? [label] : labels.labelsOf(router ?? none, route);
  return all.map((one) => ({ kind, label: one, file, line, frames: to, by }));
}

class Round {
  readonly #program: Program;
  readonly #context: WalkContext;
  readonly #onLoop: ReadonlySet<ModuleInfo>;
  readonly #walked: Walked;
  readonly #facts = new Map<Frame, FrameFacts>();
  readonly #entries: FoundEntry[] = [];
  readonly #started = new Set<ModuleInfo>();
  readonly #visited = new Set<FnInfo>();
  readonly #offLoop: Frame[] = [];
  /** Functions that only threads run. */
  readonly #inThreads = new Set<FnInfo>();

  constructor(
    program: Program,
    { context, onLoop, walked }: {
      context: WalkContext;
      onLoop: ReadonlySet<ModuleInfo>;
      walked: Walked;
    },
  ) {
    this.#program = program;
    this.#context = context;
    this.#onLoop = onLoop;
    this.#walked = walked;
  }

  /** Walks a frame, unless it was walked and nothing changed since. */
  #walk(frame: Frame): FrameFacts {
    let cell = this.#walked.get(frame);
    if (cell === undefined) this.#walked.set(frame, cell = new Cell());
    if (cell.state === "ready") return cell.value!;
    return this.#context.evaluator.memory.watch(
      cell,
      () => walkFrame(frame, this.#context),
    );
  }

  run(): {
    facts: ReadonlyMap<Frame, FrameFacts>;
    entries: readonly FoundEntry[];
    started: ReadonlySet<ModuleInfo>;
  } {
    const { evaluator } = this.#context;
    const modules = this.#program.modules.filter((module) =>
      this.#onLoop.has(module)
    );
    this.#follow(modules.map((module) => evaluator.top(module)));
    for (const module of modules) this.#followDefault(module);
    this.#followThreads();
    for (const module of modules) this.#followRest(module);
    return {
      facts: this.#facts,
      entries: this.#entries,
      started: this.#started,
    };
  }

  /** Walks frames and all that they lead to, on the loop. */
  #follow(from: readonly Frame[]): void {
    const queue = [...from];
    // The queue grows while it is read.
    for (const frame of queue) {
      if (this.#facts.has(frame)) continue;
      const facts = this.#walk(frame);
      this.#facts.set(frame, facts);
      this.#visited.add(frame.fn);
      for (const { to } of facts.edges) queue.push(to);
      for (const registration of facts.registrations) {
        const { path } = frame.fn.module;
        this.#entries.push({ registration, by: frame, file: path });
        queue.push(...registration.to);
      }
      this.#offLoop.push(...facts.offLoop);
      for (const module of facts.threads) this.#started.add(module);
    }
  }

  /** `export default { fetch }`. */
  #followDefault(module: ModuleInfo): void {
    const { evaluator } = this.#context;
    const found = module.exports.get("default");
    if (found === undefined || found.kind === "from") return;
    const objects = evaluator.exports.exported(module, "default").filter((
      { kind },
    ) => kind === "object" || kind === "instance");
    const handlers = evaluator.property(objects, "fetch");
    const request = evaluator.store.api("global", "Request.prototype");
    const to = handlers.flatMap((value) =>
      value.kind === "function" ? [evaluator.enter(value, [[request]])] : []
    );
    const [first] = to;
    if (first === undefined) return;
    this.#entries.push({
      registration: {
        kind: "serve",
        label: "export default { fetch }",
        route: null,
        router: null,
        to,
        line: placeOf(first.fn.node).line,
      },
      by: null,
      file: first.fn.module.path,
    });
    this.#follow(to);
  }

  /**
   * Walks what threads run, only to know that it is theirs: each function once,
   * whoever calls it.
   */
  #followThreads(): void {
    const { evaluator } = this.#context;
    const queue = this.#offLoop.map(({ fn }) => fn);
    for (const module of this.#program.modules) {
      if (!this.#onLoop.has(module)) queue.push(module.top);
    }
    for (const fn of queue) {
      if (this.#inThreads.has(fn)) continue;
      this.#inThreads.add(fn);
      const { edges, registrations, offLoop } = this.#walk(
        evaluator.home(fn),
      );
      for (const { to } of edges) queue.push(to.fn);
      for (const { to } of registrations) {
        for (const frame of to) queue.push(frame.fn);
      }
      for (const frame of offLoop) queue.push(frame.fn);
    }
  }

  /**
   * Functions that nothing known calls: a library's, or called in a way that
   * is not seen. They are no entries, but what they register is.
   */
  #followRest(module: ModuleInfo): void {
    const { evaluator } = this.#context;
    for (const fn of module.functions) {
      if (this.#visited.has(fn) || this.#isInThread(fn)) continue;
      this.#follow([evaluator.home(fn)]);
    }
  }

  #isInThread(fn: FnInfo): boolean {
    for (let at: FnInfo | null = fn; at !== null; at = at.parent) {
      if (this.#visited.has(at)) return false;
      if (this.#inThreads.has(at)) return true;
    }
    return false;
  }
}
