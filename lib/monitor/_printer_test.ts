import assert from "node:assert/strict";
import { createPrinter } from "./_printer.ts";

Deno.test("createPrinter() writes in order, also where a write takes a part", async () => {
  let text = "";
  const printer = createPrinter((bytes) => {
    const part = bytes.subarray(0, 3);
    text += new TextDecoder().decode(part);
    return Promise.resolve(part.length);
  });
  printer.print("first");
  printer.print("second");
  await printer.flushed();
  assert.equal(text, "first\nsecond\n");
});

Deno.test("createPrinter() neither waits nor grows where nobody reads", async () => {
  const written: string[] = [];
  const { promise: read, resolve } = Promise.withResolvers<void>();
  const printer = createPrinter(async (bytes) => {
    await read;
    written.push(new TextDecoder().decode(bytes));
    return bytes.length;
  });
  const long = "x".repeat(1000);
  for (let i = 0; i < 200; i++) printer.print(long);
  // Not for ever.
  await printer.flushed();
  assert.deepEqual(written, []);
  resolve();
  await printer.flushed();
  assert.equal(written.length, 65);
  printer.print("after");
  await printer.flushed();
  assert.equal(
    written.at(-1),
    "(135 reports were dropped: nobody read them)\nafter\n",
  );
});

Deno.test("createPrinter() goes on after a write that fails", async () => {
  let calls = 0;
  const printer = createPrinter((bytes) => {
    calls++;
    return calls === 1
      ? Promise.reject(new Error("broken pipe"))
      : Promise.resolve(bytes.length);
  });
  printer.print("a");
  printer.print("b");
  await printer.flushed();
  assert.equal(calls, 2);
});
