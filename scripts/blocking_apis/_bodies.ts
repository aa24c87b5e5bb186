/** Bodies, blobs and streams of the web: promises that work on the loop. */
import { type NamedFact, sameFact } from "./_fact.ts";

const BODIES = ["Request", "Response"];

function bodies(method: string): string[] {
  return BODIES.map((name) => `${name}.prototype.${method}`);
}

const THREAD =
  "Limit the size, or transfer the bytes to a thread and parse them there.";

export const webBodies: readonly NamedFact[] = [
  ...sameFact("global", bodies("json"), {
    nature: "in_name_only",
    kind: "cpu",
    size: { of: "this", over: 1_000_000, unit: "bytes" },
    why: "Awaits the bytes and then parses them all on the loop: 15 ms per MB.",
    instead: THREAD,
  }),
  ...sameFact("global", bodies("formData"), {
    nature: "in_name_only",
    kind: "cpu",
    size: { of: "this", over: 500_000, unit: "bytes" },
    why:
      "Awaits the bytes and then searches them for parts on the loop: 10 ms per MB.",
    instead:
      "Take an upload as the body itself and stream it, one file a request.",
  }),
  ...sameFact("global", bodies("text"), {
    nature: "in_name_only",
    kind: "cpu",
    size: { of: "result", over: 5_000_000, unit: "characters" },
    why: "Awaits the bytes and then decodes them all on the loop: 1 ms per MB.",
    instead: "Pipe the body through TextDecoderStream.",
  }),
  ...sameFact("global", ["Blob.prototype.text"], {
    nature: "in_name_only",
    kind: "cpu",
    size: { of: "result", over: 2_000_000, unit: "characters" },
    why: "Copies and decodes all of it on the loop: 2 ms per MB.",
    instead: "Read stream() of the blob.",
  }),
  ...sameFact(
    "global",
    ["Blob.prototype.arrayBuffer", "Blob.prototype.bytes"],
    {
      nature: "in_name_only",
      kind: "cpu",
      size: { of: "result", over: 5_000_000, unit: "bytes" },
      why: "Copies all of it on the loop: 1 to 2 ms per MB.",
      instead: "Read stream() of the blob.",
    },
  ),
  {
    module: "node:stream/consumers",
    name: "json",
    nature: "in_name_only",
    kind: "cpu",
    why: "Awaits the stream and then parses it all on the loop: 15 ms per MB.",
    instead: THREAD,
    byDefault: false,
  },
  {
    module: "global",
    name: "CompressionStream",
    call: "constructor",
    nature: "in_name_only",
    kind: "cpu",
    why: "Compresses each chunk on the loop: 27 ms per MB.",
    instead:
      "Pipe through it in a thread; for an answer over HTTP, let the proxy compress.",
  },
  {
    module: "global",
    name: "DecompressionStream",
    call: "constructor",
    nature: "in_name_only",
    kind: "cpu",
    why: "Unpacks each chunk on the loop: 7 ms per MB of output.",
    instead: "Pipe through it in a thread.",
  },
  {
    module: "global",
    name: "createImageBitmap",
    nature: "in_name_only",
    kind: "cpu",
    why: "Converts the image on the loop: 82 ms for 2,000 by 2,000 pixels.",
    instead: "Do it in a thread.",
  },
  {
    module: "global",
    name: "WebAssembly.compileStreaming",
    nature: "in_name_only",
    kind: "module_load",
    why:
      "Does a part of the compiling on the loop: 9 MB held it 16 of 27 ms, compile() 5 of 47.",
    instead: "Await WebAssembly.compile() with the bytes, at start-up.",
    replacement: {
      module: "global",
      name: "WebAssembly.compile",
      sameArguments: false,
    },
    byDefault: false,
  },
];
