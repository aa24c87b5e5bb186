/**
 * The arrows of the house: `main → routes → src → lib`; collections do not
 * import each other; the parts of lib know each other only through their
 * doors, without circles; no module but the ones that put parts together
 * reads the environment.
 *
 * @module
 */
import { posix } from "node:path";
import type { SourceFile } from "./files.ts";

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^;"'`]*?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']|new URL\(\s*["']([^"']+\.ts)["']/g;
const DOOR = "@loophound/toolkit/";

/** What each layer may import besides itself. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  lib: [],
  src: ["lib"],
  routes: ["src", "lib"],
  main: ["routes", "src", "lib"],
};

function layerOf(path: string): string {
  return path === "main.ts" ? "main" : path.split("/")[0]!;
}

/** Without comments and templates: examples import what they show. */
function code(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/(^|\s)\/\/[^\n]*/g, "$1")
    .replaceAll(/`(?:\\.|[^`\\])*`/gs, "``");
}

function targets(file: SourceFile): string[] {
  const found: string[] = [];
  for (const match of code(file.text).matchAll(IMPORT)) {
    const specifier = match[1] ?? match[2] ?? match[3]!;
    if (specifier.startsWith(DOOR)) {
      found.push(`lib/${specifier.slice(DOOR.length)}/mod.ts`);
    } else if (specifier.startsWith(".")) {
      found.push(
        posix.normalize(posix.join(posix.dirname(file.path), specifier)),
      );
    }
  }
  return found;
}

function circles(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const problems: string[] = [];
  const done = new Set<string>();
  const visit = (part: string, trail: readonly string[]): void => {
    const at = trail.indexOf(part);
    if (at >= 0) {
      problems.push(
        `lib: parts import each other in a circle: ${
          [...trail.slice(at), part].join(" → ")
        }`,
      );
      return;
    }
    if (done.has(part)) return;
    for (const next of edges.get(part) ?? []) visit(next, [...trail, part]);
    done.add(part);
  };
  for (const part of edges.keys()) visit(part, []);
  return problems;
}

/** Answers one line for each arrow that points the wrong way. */
export function checkHouse(files: readonly SourceFile[]): string[] {
  const problems: string[] = [];
  const libEdges = new Map<string, Set<string>>();
  for (const file of files) {
    const layer = layerOf(file.path);
    const allowed = MAY_IMPORT[layer];
    if (allowed === undefined) continue;
    const isTest = file.path.endsWith("_test.ts");
    for (const target of targets(file)) {
      const to = layerOf(target);
      const testHelp =
        (isTest || /\/_(?:test|[a-z_]*fixture)/.test(file.path)) &&
        (to === "tests" || to === "scripts");
      if (to !== layer && !allowed.includes(to) && !testHelp) {
        problems.push(`${file.path}: ${layer} may not import ${target}`);
      }
      const [, fromPart] = file.path.split("/");
      const [, toPart] = target.split("/");
      if (layer === "lib" && to === "lib" && fromPart !== toPart) {
        if (!target.endsWith(`lib/${toPart}/mod.ts`)) {
          problems.push(
            `${file.path}: ${target} is behind the door of lib/${toPart}`,
          );
        }
        if (!isTest) {
          const edges = libEdges.get(fromPart!) ?? new Set();
          libEdges.set(fromPart!, edges.add(toPart!));
        }
      }
      const from = /^src\/collections\/([^/]+)\//.exec(file.path)?.[1];
      const other = /^src\/collections\/([^/]+)\//.exec(target)?.[1];
      if (from !== undefined && other !== undefined && from !== other) {
        problems.push(`${file.path}: collection ${from} imports ${other}`);
      }
    }
    if (
      layer !== "main" && !isTest &&
      /\bDeno\.env\b|\bprocess\.env\b/.test(code(file.text))
    ) {
      problems.push(`${file.path}: reads the environment; only main.ts does`);
    }
  }
  return [...problems, ...circles(libEdges)];
}
