import type { ModuleInfo } from "./_facts.ts";
import type { Program } from "./_program.ts";

/**
 * Modules whose top level runs on the main loop. One that is started as a
 * thread and that nothing else imports does not, nor what only it imports.
 *
 * @param threads Modules known to be started as threads.
 */
export function modulesOnLoop(
  program: Program,
  threads: ReadonlySet<ModuleInfo>,
): ReadonlySet<ModuleInfo> {
  const importsOf = new Map<ModuleInfo, ModuleInfo[]>();
  const imported = new Set<ModuleInfo>();
  for (const module of program.modules) {
    const targets: ModuleInfo[] = [];
    for (const { specifier, typeOnly } of module.imports) {
      const linked = program.link(specifier, module);
      if (typeOnly || linked.kind !== "module") continue;
      targets.push(linked.module);
      if (linked.module !== module) imported.add(linked.module);
    }
    importsOf.set(module, targets);
  }
  const reach = (from: readonly ModuleInfo[], into: Set<ModuleInfo>) => {
    const queue = [...from];
    for (const module of queue) {
      if (into.has(module)) continue;
      into.add(module);
      queue.push(...importsOf.get(module) ?? []);
    }
  };
  const onLoop = new Set<ModuleInfo>();
  reach(
    program.modules.filter((module) =>
      !imported.has(module) && !threads.has(module)
    ),
    onLoop,
  );
  const inThreads = new Set<ModuleInfo>();
  reach([...threads], inThreads);
  // Files that import each other in a ring have no first one.
  for (const module of program.modules) {
    if (!onLoop.has(module) && !inThreads.has(module)) reach([module], onLoop);
  }
  return onLoop;
}
