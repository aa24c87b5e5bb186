/** CPU time of the machine so far, in ticks of the kernel. */
interface CpuTicks {
  stolen: number;
  all: number;
}

/** Field of /proc/stat: time in which a virtual machine was kept waiting. */
const STEAL = 7;

async function ticks(): Promise<CpuTicks | null> {
  let text: string;
  try {
    text = await Deno.readTextFile("/proc/stat");
  } catch {
    return null;
  }
  // cpu  user nice system idle iowait irq softirq steal guest guest_nice
  const fields = text.slice(0, text.indexOf("\n")).split(/\s+/).slice(1, 9)
    .map(Number);
  return {
    stolen: fields[STEAL] ?? 0,
    all: fields.reduce((sum, value) => sum + value, 0),
  };
}

/**
 * Watches how much of its CPU time a virtual machine is kept from: each loss
 * is a pause of all that runs, which no program can avoid and every latency
 * shows.
 *
 * @returns Answers the share lost since, in percent; null where nobody says
 * (no Linux).
 */
export async function watchStolenCpu(): Promise<() => Promise<number | null>> {
  const before = await ticks();
  return async () => {
    const after = await ticks();
    if (before === null || after === null) return null;
    return 100 * (after.stolen - before.stolen) /
      Math.max(1, after.all - before.all);
  };
}
