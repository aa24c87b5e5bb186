// What the backends rest on, one test a fact: when Deno changes, the test says
// which default to think about again.
import assert from "node:assert/strict";
import { autoKind, chooseExecutor } from "./executor.ts";

async function prove(fact: string, v8Flags?: string) {
  const output = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      ...(v8Flags === undefined ? [] : [`--v8-flags=${v8Flags}`]),
      new URL("./_facts_program.ts", import.meta.url).pathname,
      fact,
    ],
    stdout: "piped",
    stderr: "null",
  }).output();
  const text = new TextDecoder().decode(output.stdout).trim();
  return {
    success: output.success,
    said: output.success ? JSON.parse(text) : undefined,
  };
}

Deno.test("autoKind() is node: this host has Web Locks", () => {
  assert.equal(autoKind(), "node");
  const { kill, heapIsolation } = chooseExecutor("auto").capabilities;
  assert.deepEqual({ kill, heapIsolation }, {
    kill: true,
    heapIsolation: true,
  });
});

Deno.test("Fact: terminate() stops a busy node worker that holds a Web Lock", async () => {
  const { said } = await prove("spin with lock");
  assert.deepEqual(said, { spinsAfterTerminate: false });
});

Deno.test("Fact: terminate() does not stop a busy node worker without a Web Lock", async () => {
  const { said } = await prove("spin without lock");
  assert.deepEqual(said, { spinsAfterTerminate: true });
});

Deno.test("Fact: terminate() does not stop a busy Web Worker", async () => {
  const { said } = await prove("web spin");
  assert.deepEqual(said, { spinsAfterTerminate: true });
});

Deno.test("Fact: a node worker with a heap limit ends alone", async () => {
  const { said } = await prove("heap");
  assert.deepEqual(said, { code: "ERR_WORKER_OUT_OF_MEMORY" });
});

Deno.test("Fact: out of heap in a continuation, a node worker lives on untold", async () => {
  const { said } = await prove("heap in a continuation");
  assert.deepEqual(said, { message: "lives on with a raised limit" });
});

Deno.test("Fact: a node worker without a heap limit ends the process", async () => {
  const { success } = await prove(
    "heap without limits",
    "--max-old-space-size=64",
  );
  assert.equal(success, false);
});

Deno.test("Fact: a Web Worker out of heap ends the process", async () => {
  const { success } = await prove("web heap", "--max-old-space-size=64");
  assert.equal(success, false);
});
