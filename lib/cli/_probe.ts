/**
 * How it stands with a detector on this host. `limited`: it works, but does
 * not tell all. `skipped`: it could not be tried, so nobody knows.
 */
export type ProbeStatus = "works" | "limited" | "fails" | "skipped";

/** What a probe found. */
export interface Finding {
  status: ProbeStatus;
  /** What was seen, measured where it can be. */
  found: string;
  /** What to do about it; null where there is nothing to do. */
  fix: string | null;
}

/** One thing that the doctor tries. */
export interface Probe {
  /** As `--require` names it. */
  id: string;
  /** What it is, in a few words. */
  title: string;
  /** Permissions without which it is not tried: asking would prompt. */
  needs: readonly Deno.PermissionDescriptor[];
  run(): Promise<Finding>;
}

/** The types do not know this kind yet. */
export const INSPECTOR = {
  name: "sys",
  kind: "inspector",
} as unknown as Deno.SysPermissionDescriptor;

/** It does what it should. */
export const works = (found: string): Finding => ({
  status: "works",
  found,
  fix: null,
});

/** It does part of it. */
export const limited = (found: string, fix: string | null = null): Finding => ({
  status: "limited",
  found,
  fix,
});

/** It does not. */
export const fails = (found: string, fix: string | null = null): Finding => ({
  status: "fails",
  found,
  fix,
});

/** It could not be tried. */
export const skipped = (found: string, fix: string | null = null): Finding => ({
  status: "skipped",
  found,
  fix,
});

/** Options of a monitor that says nothing by itself and starts no thread. */
export const quiet = { log: null, watchdog: false } as const;

/** Holds the loop for so many milliseconds. */
export function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Awaits a timer. */
export function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Answers what a promise does, or rejects when it takes too long. */
export async function within<T>(
  ms: number,
  what: string,
  promise: Promise<T>,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error(`${what} took longer than ${ms} ms`)),
          ms,
        );
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** `--allow-net=127.0.0.1`. */
function flagOf(permission: Deno.PermissionDescriptor): string {
  const { name, ...scope } = permission;
  const [value] = Object.values(scope);
  // Deno 2.9 knows the inspector's permission, and not by a flag of its own.
  return value === undefined || value === "inspector"
    ? `--allow-${name}`
    : `--allow-${name}=${value}`;
}

/** The flags that are missing for a probe. */
async function missing(probe: Probe): Promise<string[]> {
  const flags: string[] = [];
  for (const permission of probe.needs) {
    const { state } = await Deno.permissions.query(permission);
    if (state !== "granted") flags.push(flagOf(permission));
  }
  return flags;
}

/** Tries a detector. Whatever goes wrong is a finding, never an error. */
export async function runProbe(probe: Probe): Promise<Finding> {
  const flags = await missing(probe);
  if (flags.length > 0) {
    return fails(
      "may not be used without permission",
      `run with ${flags.join(" ")}`,
    );
  }
  try {
    return await within(15_000, "trying it", probe.run());
  } catch (error) {
    return fails(error instanceof Error ? error.message : String(error));
  }
}
