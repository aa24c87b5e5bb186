import { openBody } from "./_body.ts";
import type { Call } from "./_call.ts";
import { contentEncodings } from "./_decompress.ts";
import type { Answer } from "./_send.ts";
import { BodyTooLargeError } from "./errors.ts";

/** Options of {@linkcode createResponse}. */
export interface ResponseOptions {
  call: Call;
  method: string;
  maxBytes: number;
  stallMs: number;
  onBytes: (bytes: number) => void;
}

/**
 * The answer as the platform's `Response`.
 *
 * @throws {BodyTooLargeError} Its announced size is over `maxBytes`.
 */
export async function createResponse(
  answer: Answer,
  { call, method, maxBytes, stallMs, onBytes }: ResponseOptions,
): Promise<Response> {
  const { status, headers } = answer;
  const { url, chain } = call;
  const hasBody = method !== "HEAD" && ![204, 205, 304].includes(status);
  const encodings = contentEncodings(headers);
  let body: ReadableStream<Uint8Array<ArrayBuffer>> | null = null;
  if (hasBody) {
    const announced = Number(headers.get("content-length"));
    if (encodings?.length === 0 && announced > maxBytes) {
      throw new BodyTooLargeError(url, {
        doing: "read",
        limitBytes: maxBytes,
        seenBytes: announced,
      });
    }
    if (encodings !== null && encodings.length > 0) {
      // They say what was on the wire, which is not what is read here.
      headers.delete("content-encoding");
      headers.delete("content-length");
    }
    body = openBody(answer.body, {
      call,
      encodings: encodings ?? [],
      maxBytes,
      stallMs,
      onBytes,
    });
  } else {
    // Servers (Deno's too) do not say where a 205 ends, though it has no body.
    if (status === 205) answer.body.destroy();
    await answer.discard();
    call.end();
  }
  // A Response refuses statuses that HTTP does not have; some servers do not.
  const isKnown = status >= 200 && status <= 599;
  const response = new Response(body, {
    status: isKnown ? status : 200,
    headers,
  });
  return Object.defineProperties(response, {
    url: { value: url.href },
    redirected: { value: chain.length > 1 },
    ...(isKnown ? {} : { status: { value: status }, ok: { value: false } }),
  });
}
