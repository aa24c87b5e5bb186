/** A named pipe that somebody writes into a little later: a slow disk. */
import { spawn } from "node:child_process";

/** Makes the pipe; its writer comes after 200 ms. */
export function feedPipe(): Promise<void> {
  return new Promise((resolve, reject) => {
    const writer = spawn("sh", [
      "-c",
      "[ -p slow.pipe ] || mkfifo slow.pipe; echo; sleep 0.2; echo late > slow.pipe",
    ], { stdio: ["ignore", "pipe", "ignore"] });
    writer.stdout.once("data", () => resolve());
    writer.once("error", reject);
    writer.unref();
  });
}
