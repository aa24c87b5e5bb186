// A worker: whatever it holds is its own loop.
import { pbkdf2Sync } from "node:crypto";
import { readFileSync } from "node:fs";
import { parentPort } from "node:worker_threads";

parentPort.on("message", (path) => {
  const salt = readFileSync(path);
  const key = pbkdf2Sync("secret", salt, 100_000, 32, "sha256");
  parentPort.postMessage(key.toString("hex"));
});
