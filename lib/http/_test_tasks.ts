import { defineTask } from "@loophound/toolkit/offload";
import type { HttpBody } from "./types.ts";

/** Counts the bytes of a body, and how often its input is in there. */
export const countInBody = defineTask({
  name: "countInBody",
  module: import.meta.url,
  run: async (
    { body, url, contentType, input }: HttpBody<{ byte: number }>,
  ) => {
    let bytes = 0;
    let found = 0;
    for await (const chunk of body) {
      bytes += chunk.length;
      for (const byte of chunk) if (byte === input.byte) found++;
    }
    return { bytes, found, url, contentType };
  },
});

/** Reads the body and then never answers. */
export const neverAnswer = defineTask({
  name: "neverAnswer",
  module: import.meta.url,
  run: async ({ body }: HttpBody<null>, { signal }) => {
    for await (const _ of body);
    await new Promise((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason))
    );
  },
});

/** Answers the body, letter by letter in upper case, as a stream. */
export const shoutBody = defineTask({
  name: "shoutBody",
  module: import.meta.url,
  run: ({ body }: HttpBody<null>) => ({
    shouted: body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) =>
          controller.enqueue(
            chunk.map((byte) => byte >= 97 ? byte - 32 : byte),
          ),
      }),
    ),
  }),
});
