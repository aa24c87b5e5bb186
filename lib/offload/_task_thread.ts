// The module that a pool's threads run.
import { serveTasks } from "./_serve_tasks.ts";
import { openThreadPort } from "./_thread_scope.ts";

interface HostProcess {
  /** Deno 2.9 has it; 2.5 has not. Microseconds. */
  threadCpuUsage?: () => { user: number; system: number };
}

const host = (globalThis as { process?: HostProcess }).process;

serveTasks(openThreadPort(), {
  cpuMs() {
    const usage = host?.threadCpuUsage?.();
    return usage === undefined ? null : (usage.user + usage.system) / 1000;
  },
});
