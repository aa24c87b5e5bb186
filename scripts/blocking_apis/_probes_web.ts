import type { Buffer } from "node:buffer";
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { MB, type Probe, sampleBytes } from "./_probe.ts";

export function zlibProbes(): Probe[] {
  const megabyte = sampleBytes(MB);
  const probes: Probe[] = [];
  for (
    const [pack, unpack] of [
      ["gzip", "gunzip"],
      ["deflate", "inflate"],
      ["brotliCompress", "brotliDecompress"],
      ["zstdCompress", "zstdDecompress"],
    ] as const
  ) {
    const packed = zlib[`${pack}Sync`](megabyte);
    const [packAsync, unpackAsync] = [
      promisify<Uint8Array, Buffer>(zlib[pack]),
      promisify<Uint8Array, Buffer>(zlib[unpack]),
    ];
    probes.push(
      {
        id: `node:zlib.${pack}`,
        input: "1 MB",
        run: () => packAsync(megabyte),
      },
      {
        id: `node:zlib.${unpack}`,
        input: "to 1 MB",
        run: () => unpackAsync(packed),
      },
    );
  }
  const gzipped = Uint8Array.from(zlib.gzipSync(megabyte));
  const through = (
    bytes: Uint8Array<ArrayBuffer>,
    stream: TransformStream<BufferSource, Uint8Array<ArrayBuffer>>,
  ) => new Response(new Response(bytes).body!.pipeThrough(stream)).bytes();
  return [
    ...probes,
    {
      id: "CompressionStream",
      input: "1 MB, one chunk",
      run: () => through(megabyte, new CompressionStream("gzip")),
    },
    {
      id: "DecompressionStream",
      input: "to 1 MB, one chunk",
      run: () => through(gzipped, new DecompressionStream("gzip")),
    },
    {
      id: "node:zlib.createGzip",
      input: "1 MB, one chunk",
      run: () =>
        new Promise<void>((resolve) => {
          const stream = zlib.createGzip();
          stream.on("end", resolve).resume();
          stream.end(megabyte);
        }),
    },
  ];
}

export function bodyProbes(): Probe[] {
  const bytes = sampleBytes(10 * MB);
  const input = "10 MB in memory";
  const post = () =>
    new Request("http://localhost/", { method: "POST", body: bytes });
  const form = new FormData();
  form.append("file", new Blob([bytes]), "x");
  return [
    ...(["json", "text", "bytes", "arrayBuffer", "blob"] as const).flatMap(
      (name) => [
        {
          id: `Response.prototype.${name}`,
          input,
          run: () => new Response(bytes)[name](),
        },
        { id: `Request.prototype.${name}`, input, run: () => post()[name]() },
      ],
    ),
    {
      id: "Response.prototype.formData",
      input,
      run: () => new Response(form).formData(),
    },
    ...(["text", "bytes", "arrayBuffer"] as const).map((name) => ({
      id: `Blob.prototype.${name}`,
      input,
      run: () => new Blob([bytes])[name](),
    })),
    {
      id: "createImageBitmap",
      input: "2,000 x 2,000 pixels",
      run: async () =>
        (await createImageBitmap(new ImageData(2000, 2000))).close(),
    },
  ];
}
