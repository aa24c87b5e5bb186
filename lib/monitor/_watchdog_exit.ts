import process from "node:process";
import { isGranted } from "./_permissions.ts";

/**
 * How this process can be ended from a thread while its loop is stuck, or why
 * it cannot.
 *
 * Measured on Deno 2.9.6 while the loop spins: `Deno.exit()` and
 * `process.exit()` end the thread only, `process.abort()` throws; a signal to
 * oneself works and needs no permission (before 2.9: `--allow-run`). To
 * process 1 of a container the kernel delivers no fatal signal from within;
 * there libc's `_exit` works, where `--allow-ffi` is granted.
 */
export function canEndProcess(): { can: boolean; missing: string | null } {
  if (isInit() && !isGranted({ name: "ffi" })) {
    return {
      can: false,
      missing:
        "A stuck process cannot be ended by the watchdog: it is process 1 of its container, which takes no fatal signal from within; start it under an init (docker run --init, tini) or grant --allow-ffi",
    };
  }
  if (needsRunPermission() && !isGranted({ name: "run" })) {
    return {
      can: false,
      missing:
        "A stuck process cannot be ended by the watchdog: before Deno 2.9 that needs --allow-run",
    };
  }
  return { can: true, missing: null };
}

/** Whether the process is the first of its container. */
function isInit(): boolean {
  return process.pid === 1 && Deno.build.os === "linux";
}

function needsRunPermission(): boolean {
  const [major = 0, minor = 0] = Deno.version.deno.split(".").map(Number);
  return major < 2 || (major === 2 && minor < 9);
}

/** What a shell shows of a process ended by SIGABRT: 128 + 6. */
export const ABORTED_STATUS = 134;

/**
 * Ends the process at once, from any thread, without running any more of its
 * code. The exit status is that of SIGABRT.
 *
 * @param attempt From 0. SIGABRT may be caught (its listener would run on the
 * stuck loop); from the second attempt on it is SIGKILL.
 */
export function endProcess(attempt: number): void {
  if (isInit()) {
    const { symbols } = Deno.dlopen("libc.so.6", {
      _exit: { parameters: ["i32"], result: "void" },
    });
    symbols._exit(ABORTED_STATUS);
  }
  process.kill(process.pid, attempt === 0 ? "SIGABRT" : "SIGKILL");
}
