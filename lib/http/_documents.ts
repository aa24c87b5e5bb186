import { parseRetryAfter } from "@loophound/toolkit/limits";
import {
  type RunOptions,
  type Task,
  TaskDeadlineError,
  type ThreadPool,
} from "@loophound/toolkit/offload";
import type { Call } from "./_call.ts";
import { extractHtml } from "./_extract_html.ts";
import {
  type Parsed,
  parseJson,
  parseJsonBody,
  pickPart,
} from "./_parse_json.ts";
import { charsetOf, readAll, readSmall, readText } from "./_read.ts";
import {
  BodyFormatError,
  BodyTooLargeError,
  HttpDeadlineError,
  HttpError,
  HttpStatusError,
} from "./errors.ts";
import type { HttpBody, HttpClient, HttpInit } from "./types.ts";

type Input = string | URL | Request;
type Bytes = ReadableStream<Uint8Array<ArrayBuffer>>;

/** How much of a body an {@linkcode HttpStatusError} shows. */
const EXCERPT_CHARS = 1_000;

/** A call whose headers are in. */
export interface OpenCall {
  response: Response;
  call: Call;
  /** The caller's. */
  signal?: AbortSignal;
}

/** Options of {@linkcode createDocuments}. */
export interface DocumentsOptions {
  open: (input: Input, init: HttpInit) => Promise<OpenCall>;
  pool: ThreadPool | undefined;
  loopParseBytes: number;
}

/** What reads whole bodies for the caller. */
export function createDocuments(
  { open, pool, loopParseBytes }: DocumentsOptions,
): Pick<HttpClient, "bytes" | "text" | "json" | "html" | "parse"> {
  return { bytes, text, json, html, parse };

  async function openGood(input: Input, init: HttpInit) {
    const opened = await open(input, init);
    if (!opened.response.ok) throw await statusError(opened);
    return opened;
  }

  async function bytes(input: Input, init: HttpInit = {}) {
    const { response } = await openGood(input, init);
    return await readAll(bodyOf(response));
  }

  async function text(input: Input, init: HttpInit = {}) {
    const { response } = await openGood(input, init);
    const charset = charsetOf(response.headers.get("content-type"));
    return await readText(bodyOf(response), charset);
  }

  async function json<T>(
    input: Input,
    { pick = "", ...init }: HttpInit & { pick?: string } = {},
  ): Promise<T> {
    const opened = await openGood(input, init);
    const { call, response } = opened;
    const body = await readSmall(bodyOf(response), loopParseBytes);
    if ("bytes" in body) {
      try {
        return pickPart(parseJson(body.bytes), pick) as T;
      } catch (cause) {
        throw call.spoil(
          new BodyFormatError(call.url, {
            doing: "parse the JSON of",
            why: (cause as Error).message,
            cause,
          }),
        );
      }
    }
    if (pool === undefined) {
      const error = new BodyTooLargeError(call.url, {
        doing: "parse the JSON of",
        limitBytes: loopParseBytes,
        seenBytes: body.seen,
        advice: "give the client a pool, or raise its loopParseBytes",
      });
      throw call.spoil(error);
    }
    const parsed = await runTask(opened, body.stream, {
      task: parseJsonBody,
      input: { pick, maxBytes: loopParseBytes },
    });
    return readParsed(call, parsed, "parse the JSON of") as T;
  }

  async function html(
    input: Input,
    { extract, ...init }: Parameters<HttpClient["html"]>[1],
  ) {
    needPool("html");
    const opened = await openGood(input, init);
    const parsed = await runTask(opened, bodyOf(opened.response), {
      task: extractHtml,
      input: { extract, maxBytes: loopParseBytes },
    });
    return readParsed(opened.call, parsed, "take that much from") as never;
  }

  async function parse<I, O>(
    source: Input,
    task: Task<HttpBody<I>, O>,
    { input, ...init }: HttpInit & { input: I },
  ): Promise<O> {
    needPool("parse");
    const opened = await openGood(source, init);
    return await runTask(opened, bodyOf(opened.response), { task, input });
  }

  function needPool(method: string): ThreadPool {
    if (pool !== undefined) return pool;
    throw new TypeError(
      `Cannot call ${method}(): the HTTP client has no thread pool; give it one when it is created`,
    );
  }

  async function runTask<I, O>(
    { call, response, signal }: OpenCall,
    body: Bytes,
    { task, input }: { task: Task<HttpBody<I>, O>; input: I },
  ): Promise<O> {
    const options: RunOptions = {
      deadlineMs: call.remainingMs(),
      ...(signal === undefined ? {} : { signal }),
    };
    try {
      return await needPool(task.name).run(task, {
        body,
        url: response.url,
        contentType: response.headers.get("content-type"),
        input,
      }, options);
    } catch (error) {
      // The thread only knows that its stream failed, not with what.
      call.signal.throwIfAborted();
      throw call.spoil(
        error instanceof TaskDeadlineError
          ? new HttpDeadlineError(call.url, "parsing the body", call.deadlineMs)
          : error,
      );
    }
  }

  function readParsed(call: Call, parsed: Parsed, doing: string): unknown {
    if ("fault" in parsed) {
      throw call.spoil(
        new BodyFormatError(call.url, { doing, why: parsed.fault }),
      );
    }
    if ("tooLarge" in parsed) {
      throw call.spoil(
        new BodyTooLargeError(call.url, {
          doing: `${doing.split(" ")[0]} on the loop what was taken from`,
          limitBytes: loopParseBytes,
          seenBytes: parsed.tooLarge,
          advice: "take less, or reduce it in a task of your own with parse()",
        }),
      );
    }
    return parseJson(parsed.json);
  }
}

function bodyOf({ body }: Response): Bytes {
  return body as Bytes | null ?? new Blob([]).stream();
}

async function statusError({ call, response }: OpenCall): Promise<unknown> {
  const { status, headers } = response;
  let excerpt = "";
  try {
    const reader = bodyOf(response).getReader();
    const decoder = new TextDecoder(charsetOf(headers.get("content-type")));
    while (excerpt.length < EXCERPT_CHARS) {
      const { done, value } = await reader.read();
      if (done) break;
      excerpt += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    // A body that breaks off is no reason to hide the status.
    if (!(error instanceof HttpError)) throw error;
  }
  return call.spoil(
    new HttpStatusError(call.url, {
      status,
      retryAfterMs: parseRetryAfter(headers.get("retry-after")),
      excerpt: excerpt.slice(0, EXCERPT_CHARS),
    }),
  );
}
