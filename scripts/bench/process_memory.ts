/** What a process holds in memory, MB. */
export interface ProcessMemory {
  rss: number;
  /** The most it held since {@linkcode resetPeak}, kept by the kernel. */
  peak: number;
}

/**
 * Reads what a process holds in memory.
 *
 * @throws {Error} The system has no `/proc`.
 */
export async function processMemory(pid: number): Promise<ProcessMemory> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const megabytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
  return { rss: megabytes("VmRSS"), peak: megabytes("VmHWM") };
}

/** Lets the peak of a process of ours count from now. */
export async function resetPeak(pid: number): Promise<void> {
  await Deno.writeTextFile(`/proc/${pid}/clear_refs`, "5");
}
