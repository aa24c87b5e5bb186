/** Takes the events that Sentry's SDK sends, on loopback. */
import type { Found } from "../../../tests/cases/protocol.ts";

/** A server in Sentry's place. */
export interface SentrySink extends AsyncDisposable {
  /** What the SDK is to be given. */
  readonly dsn: string;
  /** Events since it was last asked; waits a moment for late ones. */
  collect(): Promise<Found[]>;
}

interface Frame {
  filename?: string;
  function?: string;
  lineno?: number;
}

interface Event {
  transaction?: string;
  exception?: { values?: { stacktrace?: { frames?: Frame[] } }[] };
}

/** The SDK's thread sends within this time. Milliseconds. */
const LATE_MS = 100;

function asFound(event: Event, at: number): Found {
  // Innermost last.
  const frames = event.exception?.values?.[0]?.stacktrace?.frames ?? [];
  const own = frames.findLast(({ filename }) =>
    filename?.includes("/cases/book/")
  );
  return {
    route: event.transaction ?? null,
    function: own?.function ?? null,
    file: own?.filename ?? null,
    line: own?.lineno ?? null,
    cause: null,
    ms: null,
    at,
  };
}

/** Reads an envelope: lines of JSON, headers and payloads in turn. */
function eventsOf(envelope: string): Event[] {
  const lines = envelope.split("\n");
  const events: Event[] = [];
  for (let i = 1; i + 1 < lines.length; i += 2) {
    const header: { type?: string } = JSON.parse(lines[i] || "{}");
    if (header.type === "event") events.push(JSON.parse(lines[i + 1]!));
  }
  return events;
}

async function readBody(request: Request): Promise<string> {
  const body = request.headers.get("content-encoding") === "gzip"
    // deno-lint-ignore loophound/no-async-in-name-only -- a few KB, in the bench
    ? request.body!.pipeThrough(new DecompressionStream("gzip"))
    : request.body;
  return await new Response(body).text();
}

/** Starts listening. */
export function startSentrySink(): SentrySink {
  const found: Found[] = [];
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, async (request) => {
    const at = performance.timeOrigin + performance.now();
    for (const event of eventsOf(await readBody(request))) {
      found.push(asFound(event, at));
    }
    return Response.json({});
  });
  const { port } = server.addr;
  return {
    dsn: `http://public@127.0.0.1:${port}/1`,
    async collect() {
      await new Promise((resolve) => setTimeout(resolve, LATE_MS));
      return found.splice(0);
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
