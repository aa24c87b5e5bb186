import assert from "node:assert/strict";
import fc from "fast-check";
import { MessageSplitter } from "./_message_splitter.ts";

function message(tag: string, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(5 + body.length);
  bytes[0] = tag.charCodeAt(0);
  new DataView(bytes.buffer).setInt32(1, 4 + body.length);
  bytes.set(body, 5);
  return bytes;
}

Deno.test("MessageSplitter.feed() finds the same messages however the bytes are cut", () => {
  fc.assert(fc.property(
    fc.array(fc.tuple(
      fc.constantFrom("D", "T", "C", "Z"),
      fc.uint8Array({ maxLength: 40 }),
    )),
    fc.array(fc.nat(60)),
    (messages, cuts) => {
      const all = messages.flatMap(([tag, body]) => [...message(tag, body)]);
      const seen: [string, number[]][] = [];
      const splitter = new MessageSplitter({
        row(bytes, view, start) {
          const end = start - 4 + view.getInt32(start - 4);
          seen.push(["D", [...bytes.subarray(start, end)]]);
        },
        other(whole) {
          seen.push([String.fromCharCode(whole[0]!), [...whole.subarray(5)]]);
        },
      });
      let at = 0;
      for (const cut of cuts) {
        splitter.feed(Uint8Array.from(all.slice(at, at + cut)));
        at += cut;
      }
      if (at < all.length) splitter.feed(Uint8Array.from(all.slice(at)));
      assert.deepEqual(
        seen,
        messages.map(([tag, body]) => [tag, [...body]]),
      );
      assert.equal(splitter.rest().length, 0);
    },
  ));
});
