import { culpritOf, isHidden, isOwnFrame } from "@loophound/toolkit/stack";
import type { CpuProfile, ProfileNode } from "./_cpu_profile.ts";
import type { ProfileChunk } from "./_rolling_profile.ts";

/** A stretch of time by the clock of `performance.now()`. */
export interface Span {
  from: number;
  to: number;
}

/** A function on the stack of a block, in the emitted JavaScript. */
export interface EmittedFrame {
  function: string;
  file: string;
  /** Where the function begins. From 1. */
  line: number;
  column: number;
  /** The line most often seen running, if any was. */
  hotLine: number | null;
  /** Whether the function itself ran for most of the time, and not what it called. */
  ownsTime: boolean;
  /** Names of what it called meanwhile, nearest first, down to the next own function. */
  callees: string[];
  /** File of the nearest of them: `ext:deno_node/…` where Node's API was called. */
  calleeFile: string;
}

/** What the samples of a span say. */
export interface Explanation {
  /** Innermost first: the culprit, then who called it. Empty: no sample of any code. */
  frames: EmittedFrame[];
  /** Functions of the runtime and natives that ran within the culprit, innermost first. */
  within: { name: string; file: string }[];
  /** Samples in the span, and how many of them were of what. */
  samples: number;
  js: number;
  gc: number;
  idle: number;
  native: number;
  /** Whether there were samples before the span: a new profile takes a while to begin. */
  sampling: boolean;
}

/** Nodes that are no functions. */
const SPECIAL: Record<string, "idle" | "gc" | "native" | "root" | undefined> = {
  "(idle)": "idle",
  "(garbage collector)": "gc",
  "(program)": "native",
  "(root)": "root",
};

/** A share of the samples that makes a function the one to follow. */
const MOST = 0.5;

class Tree {
  readonly nodes = new Map<number, ProfileNode>();
  readonly #parents = new Map<number, number>();
  readonly #self = new Map<number, number>();
  readonly #all = new Map<number, number>();
  readonly root: ProfileNode | undefined;

  /** @param counts Samples by innermost node. */
  constructor(profile: CpuProfile, counts: ReadonlyMap<number, number>) {
    const parents = this.#parents;
    for (const node of profile.nodes) {
      this.nodes.set(node.id, node);
      for (const child of node.children ?? []) parents.set(child, node.id);
    }
    this.root = profile.nodes[0];
    for (const [id, count] of counts) {
      this.#self.set(id, count);
      for (
        let up: number | undefined = id;
        up !== undefined;
        up = parents.get(up)
      ) {
        this.#all.set(up, this.all(up) + count);
      }
    }
  }

  /** Samples in which the node was innermost. */
  self(id: number): number {
    return this.#self.get(id) ?? 0;
  }

  /** Samples with the node anywhere on the stack. */
  all(id: number): number {
    return this.#all.get(id) ?? 0;
  }

  /** Of the nodes that fit, the one with most samples, if it has a tenth of all. */
  busiest(fits: (node: ProfileNode) => boolean): ProfileNode | null {
    let busiest: ProfileNode | null = null;
    const least = this.root === undefined ? 0 : this.all(this.root.id) / 10;
    for (const [id, count] of this.#all) {
      const node = this.nodes.get(id);
      if (node === undefined || count < least || !fits(node)) continue;
      // Of a function and what it calls for all of its time, the latter.
      if (busiest === null || count >= this.all(busiest.id)) busiest = node;
    }
    return busiest;
  }

  /** From below the root to the node. */
  pathTo(node: ProfileNode): ProfileNode[] {
    const path: ProfileNode[] = [];
    for (
      let up: ProfileNode | undefined = node;
      up !== undefined && up !== this.root;
      up = this.nodes.get(this.#parents.get(up.id) ?? NaN)
    ) path.unshift(up);
    return path;
  }

  busiestChild(node: ProfileNode): ProfileNode | null {
    let busiest: ProfileNode | null = null;
    for (const id of node.children ?? []) {
      const child = this.nodes.get(id);
      if (child === undefined || this.all(id) === 0) continue;
      if (busiest === null || this.all(id) > this.all(busiest.id)) {
        busiest = child;
      }
    }
    return busiest;
  }
}

function nameOf(node: ProfileNode): string {
  return node.callFrame.functionName || "(anonymous)";
}

function fileOf(node: ProfileNode): string {
  return node.callFrame.url;
}

/** The line with most samples; null where the function was never innermost. */
function hotLineOf(node: ProfileNode): number | null {
  const ticks = new Map<number, number>();
  let hot: number | null = null;
  for (const { line, ticks: count } of node.positionTicks ?? []) {
    const sum = (ticks.get(line) ?? 0) + count;
    ticks.set(line, sum);
    if (hot === null || sum > ticks.get(hot)!) hot = line;
  }
  return hot;
}

function frameOf(
  node: ProfileNode,
  ownsTime: boolean,
  callees: string[],
  calleeFile: string,
): EmittedFrame {
  return {
    function: nameOf(node),
    file: fileOf(node),
    line: node.callFrame.lineNumber + 1,
    column: node.callFrame.columnNumber + 1,
    hotLine: hotLineOf(node),
    ownsTime,
    callees,
    calleeFile,
  };
}

/**
 * Counts the samples within the span and outside the parts left out, by node.
 * A stall of a minute has 30,000: one pass.
 */
function countSamples(
  { from, profile }: Pick<ProfileChunk, "from" | "profile">,
  span: Span,
  except: readonly Span[],
): { counts: Map<number, number>; before: number } {
  const { samples, timeDeltas } = profile;
  const counts = new Map<number, number>();
  let before = 0;
  let time = from;
  for (let i = 0; i < samples.length; i++) {
    time += timeDeltas[i]! / 1000;
    if (time < span.from) before++;
    if (time < span.from || time > span.to) continue;
    if (except.some((it) => time >= it.from && time <= it.to)) continue;
    const id = samples[i]!;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return { counts, before };
}

/** The first sample is taken by the start itself. */
const SAMPLES_OF_START = 1;

/** Down from the root by the busiest child, as long as it has so many of the samples. */
function hottestPath(tree: Tree, least: number): ProfileNode[] {
  const path: ProfileNode[] = [];
  let node = tree.root;
  while (node !== undefined) {
    const child: ProfileNode | null = tree.busiestChild(node);
    if (child === null || tree.all(child.id) < least) break;
    path.push(child);
    node = child;
  }
  return path;
}

/**
 * The way to the culprit: the innermost function of the application that was
 * on the stack in half of the samples; what it called there and did not
 * return from, natives and the runtime, is `within`.
 */
function follow(
  tree: Tree,
  js: number,
): { path: ProfileNode[]; within: ProfileNode[] } {
  let path = hottestPath(tree, js * MOST);
  // Nothing had half: then the busiest of all, which is better than no word.
  if (path.length === 0) path = hottestPath(tree, 1);
  const culprit = culpritOf(
    path.map((node) => ({
      function: "",
      file: fileOf(node),
      line: 0,
      column: 0,
      node,
    })).reverse(),
  ) as { node: ProfileNode } | null;
  if (culprit === null) {
    // Thousands of short continuations: most of the time goes to what runs
    // around them. Who makes them is the one to name.
    const busiest = tree.busiest((node) => isOwnFrame({ file: fileOf(node) }));
    return busiest === null
      ? { path: [], within: path }
      : { path: tree.pathTo(busiest), within: [] };
  }
  const at = path.indexOf(culprit.node);
  return { path: path.slice(0, at + 1), within: path.slice(at + 1) };
}

/**
 * Says from a profile's samples what held the loop in a span.
 *
 * @param except Parts of the span that something else accounts for.
 */
export function explain(
  chunk: Pick<ProfileChunk, "from" | "profile">,
  span: Span,
  except: readonly Span[] = [],
): Explanation {
  const { counts, before } = countSamples(chunk, span, except);
  const special = { idle: 0, gc: 0, native: 0 };
  let samples = 0;
  let js = 0;
  for (const { id, callFrame } of chunk.profile.nodes) {
    const count = counts.get(id);
    if (count === undefined) continue;
    samples += count;
    const kind = SPECIAL[callFrame.functionName];
    if (kind === undefined) {
      js += count;
      continue;
    }
    if (kind !== "root") special[kind] += count;
    counts.delete(id);
  }
  const tree = new Tree(chunk.profile, counts);
  const { path, within } = follow(tree, js);
  const frames: EmittedFrame[] = [];
  // Innermost first; what lies between two functions with a position is what
  // the outer one called.
  let callees = within.map(nameOf);
  let calleeFile = within[0] === undefined ? "" : fileOf(within[0]);
  for (const node of path.toReversed()) {
    const name = nameOf(node);
    if (isHidden(fileOf(node))) {
      callees = [name, ...callees];
      calleeFile = fileOf(node);
      continue;
    }
    const ownsTime = tree.self(node.id) >= tree.all(node.id) / 2;
    frames.push(frameOf(node, ownsTime, callees, calleeFile));
    callees = [name];
    calleeFile = fileOf(node);
  }
  return {
    frames,
    within: within.map((node) => ({ name: nameOf(node), file: fileOf(node) }))
      .reverse(),
    samples,
    js,
    ...special,
    sampling: before > SAMPLES_OF_START,
  };
}
