/** A server of the tests, on an address and port of its own. */
export interface TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:41234` */
  readonly origin: string;
  /** `127.0.0.1:41234` */
  readonly host: string;
  readonly port: number;
  /** Requests it has been sent, as `GET /path`. */
  readonly seen: string[];
  /** Connections that requests came by. */
  readonly connections: number;
  /** Waits until a request was closed by the client before it was answered. */
  readonly closed: Promise<void>;
}

/** Options of {@linkcode startServer}. */
export interface TestServerOptions {
  /** @default {"127.0.0.1"} */
  hostname?: string;
  /** Certificate and key in PEM. */
  tls?: { cert: string; key: string };
}

export function startServer(
  handler: (request: Request) => Response | Promise<Response>,
  { hostname = "127.0.0.1", tls }: TestServerOptions = {},
): TestServer {
  const seen: string[] = [];
  const closed = Promise.withResolvers<void>();
  const ports = new Set<number>();
  const server = Deno.serve(
    { hostname, port: 0, onListen() {}, ...tls },
    async (request, info) => {
      ports.add(info.remoteAddr.port);
      const { pathname, search } = new URL(request.url);
      seen.push(`${request.method} ${pathname}${search}`);
      request.signal.addEventListener("abort", () => closed.resolve());
      return await handler(request);
    },
  );
  const { port } = server.addr;
  return {
    origin: `${tls === undefined ? "http" : "https"}://${hostname}:${port}`,
    host: `${hostname}:${port}`,
    port,
    seen,
    get connections() {
      return ports.size;
    },
    closed: closed.promise,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Answers when the client has gone: a server that hangs. */
export function hang(request: Request): Promise<Response> {
  return new Promise((resolve) => {
    request.signal.addEventListener("abort", () => resolve(new Response()));
  });
}

/** A body that never ends, and says when it was cancelled. */
export function endless(
  chunk: Uint8Array<ArrayBuffer> = new Uint8Array(1_000),
): { body: ReadableStream<Uint8Array<ArrayBuffer>>; cancelled: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    cancelled: promise,
    body: new ReadableStream({
      async pull(controller) {
        await new Promise((done) => timer = setTimeout(done, 1));
        controller.enqueue(chunk.slice());
      },
      cancel() {
        clearTimeout(timer);
        resolve();
      },
    }),
  };
}
