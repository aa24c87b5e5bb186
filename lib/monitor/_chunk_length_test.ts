import assert from "node:assert/strict";
import { ChunkLength } from "./_chunk_length.ts";

Deno.test("ChunkLength shortens what is dear, down to half a second", () => {
  const length = new ChunkLength();
  const seen = Array.from({ length: 5 }, () => {
    length.learn(4, length.ms);
    return length.ms;
  });
  assert.deepEqual(seen, [2500, 1250, 625, 500, 500]);
});

Deno.test("ChunkLength grows while chunks are cheap, up to where it began", () => {
  const length = new ChunkLength();
  const begin = length.ms;
  for (let i = 0; i < 4; i++) length.learn(4, length.ms);
  length.learn(2.5, length.ms);
  assert.equal(length.ms, 500);
  length.learn(0.5, length.ms);
  assert.equal(length.ms, 750);
  for (let i = 0; i < 20; i++) length.learn(0.5, length.ms);
  assert.equal(length.ms, begin);
});

Deno.test("ChunkLength learns nothing of chunks that were cut short", () => {
  const length = new ChunkLength();
  const begin = length.ms;
  length.learn(9, 100);
  assert.equal(length.ms, begin);
  length.learn(9, begin);
  length.learn(0.1, 100);
  assert.equal(length.ms, begin / 2);
});
