import { createHttpClient } from "@loophound/toolkit/http";
import { createHostLimits } from "@loophound/toolkit/limits";
import type { Context } from "./context.ts";
import type { Figure } from "./figure.ts";

const HOSTS = 20;

/** Runs the hosts in a process of their own, so that it competes as others do. */
const SERVERS = `
const latencyMs = { "/500": () => 500, "/mixed": () => 100 + Math.random() * 400 };
const all = { now: 0, most: 0 };
const worst = { most: 0 };
let took = [];
const ports = [];
for (let i = 0; i < ${HOSTS}; i++) {
  const own = { now: 0 };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request, info) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/counts") {
      const counts = { most: all.most, host: worst.most, took };
      all.most = worst.most = 0;
      took = [];
      return Response.json(counts);
    }
    all.most = Math.max(all.most, ++all.now);
    worst.most = Math.max(worst.most, ++own.now);
    info.completed.finally(() => { all.now--; own.now--; });
    const since = performance.now();
    await new Promise((done) => setTimeout(done, latencyMs[pathname]()));
    took.push(performance.now() - since);
    return new Response("x".repeat(2_000));
  });
  ports.push(server.addr.port);
}
console.log(JSON.stringify(ports));
`;

interface Hosts extends AsyncDisposable {
  readonly origins: readonly string[];
}

async function startHosts(folder: string): Promise<Hosts> {
  const path = `${folder}/hosts.js`;
  await Deno.writeTextFile(path, SERVERS);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-config", "--allow-net=127.0.0.1", path],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let line = "";
  while (!line.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("Cannot start the hosts: they ended");
    line += value;
  }
  const ports: number[] = JSON.parse(line);
  return {
    origins: ports.map((port) => `http://127.0.0.1:${port}`),
    async [Symbol.asyncDispose]() {
      child.kill();
      await reader.cancel();
      await child.status;
    },
  };
}

interface Run {
  seconds: number;
  /** Most requests under way at once, to all hosts and to one. */
  most: number;
  host: number;
  /** Milliseconds that the hosts took for each answer. */
  took: readonly number[];
}

interface Load {
  count: number;
  path: string;
  total: number;
  perHost: number;
}

/** Sends all, as `ask` does, and looks at what the hosts have counted. */
async function measure(
  { origins }: Hosts,
  { count, path }: Load,
  ask: (urls: readonly string[]) => Promise<unknown>,
): Promise<Run> {
  // deno-lint-ignore loophound/fetch-needs-deadline -- a server of the bench's own
  const counts = async () => await (await fetch(`${origins[0]}/counts`)).json();
  await counts();
  const urls = Array.from(
    { length: count },
    (_, i) => origins[i % HOSTS] + path,
  );
  const started = performance.now();
  await ask(urls);
  const seconds = (performance.now() - started) / 1_000;
  return { seconds, ...await counts() };
}

async function withClient(hosts: Hosts, load: Load): Promise<Run> {
  await using client = createHttpClient({
    allow: ["127.0.0.1"],
    limits: createHostLimits("bench", load),
  });
  return await measure(
    hosts,
    load,
    // deno-lint-ignore loophound/no-unbounded-fan-out -- the client is the limiter
    (urls) => Promise.all(urls.map((url) => client.bytes(url))),
  );
}

/** The platform's own fetch, by as many loops as may be under way. */
async function withFetch(hosts: Hosts, load: Load): Promise<Run> {
  return await measure(hosts, load, async (urls) => {
    const left = urls.values();
    await Promise.all(Array.from({ length: load.total }, async () => {
      for (const url of left) {
        // deno-lint-ignore loophound/fetch-needs-deadline -- the baseline has none
        await (await fetch(url)).bytes();
      }
    }));
  });
}

/** Seconds that the same answers take if the next request always starts at once. */
function idealSeconds(took: readonly number[], total: number): number {
  const ends = new Array<number>(total).fill(0);
  for (const ms of took) {
    const first = ends.indexOf(Math.min(...ends));
    ends[first]! += ms;
  }
  return Math.max(...ends) / 1_000;
}

function median(runs: Run[]): Run {
  return runs.toSorted((a, b) => a.seconds - b.seconds)[runs.length >> 1]!;
}

/** Fetches from a group of 20 hosts that take their time. */
export async function benchFetches(context: Context): Promise<Figure[]> {
  await using hosts = await startHosts(context.folder);
  const fewAtOnce = { count: 100, path: "/500", total: 20, perHost: 5 };
  const manyAtOnce = { count: 1_000, path: "/mixed", total: 64, perHost: 64 };
  const few: Run[] = [];
  const many: Run[] = [];
  const plain: Run[] = [];
  for (let i = 0; i < 3; i++) {
    few.push(await withClient(hosts, fewAtOnce));
    many.push(await withClient(hosts, manyAtOnce));
    plain.push(await withFetch(hosts, manyAtOnce));
  }
  const short = median(few);
  const shareOf = ({ took, seconds }: Run) =>
    idealSeconds(took, manyAtOnce.total) / seconds * 100;
  const share = shareOf(median(many));
  const most = Math.max(...few.map((run) => run.most));
  const host = Math.max(...few.map((run) => run.host));
  return [
    {
      section: "fetches",
      figure: "100 of 500 ms, 20 at once, 20 hosts",
      value: short.seconds,
      unit: "s",
      baseline: { what: "ideal", value: 100 / 20 * 0.5 },
      goal: { text: "≤ 2.8 s", met: short.seconds <= 2.8 },
    },
    {
      section: "fetches",
      figure: "most at once, counted by the hosts",
      value: most,
      unit: "",
      goal: { text: "≤ 20", met: most <= 20 },
    },
    {
      section: "fetches",
      figure: "most at once to one host",
      value: host,
      unit: "",
      goal: { text: "≤ 5", met: host <= 5 },
    },
    {
      section: "fetches",
      figure: "1000 of 100–500 ms, 64 at once, share of the ideal throughput",
      value: share,
      unit: "%",
      baseline: { what: "fetch()", value: shareOf(median(plain)) },
      goal: { text: "≥ 95 %", met: share >= 95 },
    },
  ];
}
