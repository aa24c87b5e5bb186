import { join } from "node:path";
import { descartesLines } from "../../scripts/sample/expression.ts";
import { writeLines } from "../../scripts/sample/write_lines.ts";
import {
  startLoad,
  startServer,
  type TestServer,
  waitForJob,
} from "./server.ts";

/** What a WebSocket client of a test was told. */
interface Watcher {
  socket: WebSocket;
  types: Map<string, number>;
  /** Highest `current_item` seen of a running source. */
  item: number;
  /** Told by `close`, before the test has closed it. */
  dropped: string | undefined;
  /** The last status of the source that is loaded. */
  status: string;
  closed: Promise<void>;
}

/** What came of sockets that were open through a load. */
export interface SocketFigures {
  sockets: number;
  /** Sockets that were closed, or were told that they missed something. */
  drops: string[];
  messages: number;
  /** Fewest and most messages of a socket, those of the protocol's `ping` aside. */
  fewest: number;
  most: number;
  /** The last status that each socket was told: how many were told which. */
  lastStatus: Record<string, number>;
  queries: number;
  loadSeconds: number;
  rows: number;
  loop: { p999_ms: number; max_ms: number; blocks: number };
}

/** Options of {@linkcode socketsUnderLoad}. */
export interface SocketLoadOptions {
  sockets: number;
  rows: number;
  /** Genes of the panel that the heavy queries compute over. */
  genes: number;
  heavyQueries: number;
  env?: Record<string, string>;
}

function watch(url: string, source: string): Promise<Watcher> {
  const socket = new WebSocket(url);
  const closed = Promise.withResolvers<void>();
  const watcher: Watcher = {
    socket,
    types: new Map(),
    item: 0,
    dropped: undefined,
    status: "",
    closed: closed.promise,
  };
  socket.onmessage = ({ data }) => {
    const { type, data: told } = JSON.parse(data);
    watcher.types.set(type, (watcher.types.get(type) ?? 0) + 1);
    if (type === "ping") socket.send('{"type":"pong"}');
    const all = Array.isArray(told) ? told : [told];
    const mine = all.find((it) => it?.source_name === source);
    if (mine !== undefined) {
      watcher.status = mine.status;
      watcher.item = Math.max(watcher.item, mine.current_item);
    }
  };
  socket.onclose = ({ code, reason }) => {
    watcher.dropped ??= `${code} ${reason}`;
    closed.resolve();
  };
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(watcher);
    socket.onerror = (event) => {
      watcher.dropped ??= (event as ErrorEvent).message;
      reject(new Error(watcher.dropped));
    };
  });
}

async function writePanel(path: string, genes: number): Promise<void> {
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      provider_id: "test",
      provider_name: "Test",
      total_panels: 3,
      genes: Array.from({ length: genes }, (_, i) => ({
        symbol: `G${i}`,
        panels: ["P", "Q", "R"].slice(0, 1 + i % 3),
        occurrence_count: 1 + i % 3,
        reported_as: `G${i}`,
        hgnc_id: null,
        normalization_status: "failed",
      })),
    }),
  );
}

const heavyPaths = [
  "/api/statistics/source-overlaps?detail=true",
  "/api/statistics/source-distributions",
  "/api/statistics/evidence-composition",
  "/api/statistics/summary",
];

async function ask(server: TestServer, path: string): Promise<void> {
  const response = await fetch(`${server.url}${path}`, {
    signal: AbortSignal.timeout(120_000),
  });
  await response.arrayBuffer();
  if (response.status !== 200) {
    throw new Error(`${path} was answered with ${response.status}`);
  }
}

/**
 * Opens WebSockets at a server process, loads a file there and asks heavy
 * queries meanwhile.
 */
export async function socketsUnderLoad(
  options: SocketLoadOptions,
): Promise<SocketFigures> {
  const { rows, genes, heavyQueries } = options;
  const folder = await Deno.makeTempDir({ prefix: "loophound-sockets-" });
  const panel = join(folder, "panel.json");
  const file = join(folder, "tpm.csv");
  await writePanel(panel, genes);
  await writeLines(file, descartesLines({ genes: rows, seed: 1 }, "tpm"));
  const server = await startServer({
    env: {
      DATA_DIR: join(folder, "data"),
      ALLOWED_ROOTS: folder,
      SAMPLE_DATA: "off",
      // What is counted here is sockets: nothing is to be turned away.
      SHED_LAG_MS: "0",
      ...options.env,
    },
  });
  const watchers: Watcher[] = [];
  try {
    await waitForJob(
      server,
      await startLoad(server, "diagnostic_panels", { path: panel }),
    );
    const url = `${server.url.replace("http", "ws")}/api/progress/ws`;
    while (watchers.length < options.sockets) {
      watchers.push(await watch(url, "descartes"));
    }
    // From here on all are told the same.
    while (watchers.some(({ status }) => status === "")) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const began = performance.now();
    const id = await startLoad(server, "descartes", {
      path: file,
      part: "tpm",
    });
    const asked = Array.from(
      { length: heavyQueries },
      (_, i) => ask(server, heavyPaths[i % heavyPaths.length]!),
    );
    await Promise.all(asked);
    const job = await waitForJob(server, id);
    const loadSeconds = (performance.now() - began) / 1000;
    if (job.report === null) {
      throw new Error(`The load ended ${job.state}: ${job.error?.message}`);
    }
    const end = performance.now() + 10_000;
    while (
      performance.now() < end &&
      watchers.some(({ status }) => status !== "completed")
    ) await new Promise((resolve) => setTimeout(resolve, 20));

    const counts = watchers.map(({ types }) =>
      [...types].reduce(
        (sum, [type, count]) => type === "ping" ? sum : sum + count,
        0,
      )
    );
    return {
      sockets: watchers.length,
      drops: watchers.flatMap(({ dropped, types }) => [
        ...(dropped === undefined ? [] : [dropped]),
        ...(types.has("missed") ? ["missed"] : []),
      ]),
      messages: counts.reduce((sum, count) => sum + count, 0),
      fewest: Math.min(...counts),
      most: Math.max(...counts),
      lastStatus: Object.fromEntries(
        Map.groupBy(watchers, ({ status }) => status).entries().map((
          [status, { length }],
        ) => [status, length]),
      ),
      queries: heavyQueries,
      loadSeconds,
      rows: job.report.rows,
      loop: job.report.loop,
    };
  } finally {
    for (const { socket } of watchers) socket.close();
    await Promise.all(watchers.map(({ closed }) => closed));
    await server.stop();
    await Deno.remove(folder, { recursive: true });
  }
}
