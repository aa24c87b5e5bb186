/**
 * The packed toolkit, installed as a package into an empty folder outside the
 * repository: the example of `lib/README.md` names its own handler and line,
 * and everything that starts threads finds its entries.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const text = new TextDecoder();

async function run(
  command: string,
  args: string[],
  cwd: string,
): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args,
    cwd,
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

async function succeed(command: string, args: string[], cwd: string) {
  const result = await run(command, args, cwd);
  assert.equal(
    result.code,
    0,
    `${command} ${args.join(" ")}:\n${result.out}${result.err}`,
  );
  return result;
}

/** The first TypeScript example of the README. */
async function readmeExample(): Promise<string> {
  const readme = await Deno.readTextFile(`${root}lib/README.md`);
  const code = /```ts[^\n]*\n([\s\S]*?)```/.exec(readme)?.[1];
  assert.ok(code !== undefined, "lib/README.md has no example");
  return code;
}

/** Reads until a pattern is found; fails when the stream ends before. */
async function readUntil(
  stream: ReadableStreamDefaultReader<Uint8Array>,
  pattern: RegExp,
): Promise<RegExpExecArray> {
  let seen = "";
  for (;;) {
    const { value, done } = await stream.read();
    if (value !== undefined) seen += text.decode(value, { stream: true });
    const found = pattern.exec(seen);
    if (found !== null) return found;
    assert.ok(!done, `${pattern} did not come, but:\n${seen}`);
  }
}

Deno.test("the packed toolkit works in an empty folder of somebody else", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "loophound-pack-" });
  const tarball = `${folder}/toolkit.tgz`;
  const app = `${folder}/app`;
  try {
    await succeed(Deno.execPath(), [
      "pack",
      "--allow-dirty",
      "--no-source-maps",
      "-o",
      tarball,
    ], `${root}lib`);

    await t.step(
      "it holds JavaScript and types, and nothing else",
      async () => {
        const { out } = await succeed("tar", ["tzf", tarball], folder);
        const files = out.trim().split("\n");
        const odd = files.filter((file) =>
          !/(?:\.js|\.d\.ts|\.json|\.md)$/.test(file)
        );
        // TypeScript in there is a thread's entry that nobody imports.
        assert.deepEqual(odd, []);
        await succeed("tar", ["xzf", tarball], folder);
        const { exports, dependencies } = JSON.parse(
          await Deno.readTextFile(`${folder}/package/package.json`),
        );
        for (const [name, to] of Object.entries<{ import: string }>(exports)) {
          const file = `package/${to.import.slice(2)}`;
          assert.ok(
            files.includes(file),
            `${name} leads to ${file}: not packed`,
          );
        }
        const { imports } = JSON.parse(
          await Deno.readTextFile(`${root}deno.json`),
        );
        for (const [name, range] of Object.entries<string>(dependencies)) {
          const pinned = String(imports[name]).split("@").at(-1);
          assert.equal(range, `^${pinned}`, `version of ${name}`);
        }
      },
    );

    await Deno.mkdir(app);
    await succeed("npm", [
      "install",
      "--no-audit",
      "--no-fund",
      "--ignore-scripts",
      tarball,
      "hono",
    ], app);

    await t.step(
      "the README's example names its handler and line",
      async () => {
        const code = await readmeExample();
        assert.ok(code.trim().split("\n").length <= 20, "over 20 lines");
        await Deno.writeTextFile(`${app}/app.ts`, code);
        const child = new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "app.ts"],
          cwd: app,
          stdin: "null",
          stdout: "null",
          stderr: "piped",
          env: { DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0", NO_COLOR: "1" },
        }).spawn();
        const errors = child.stderr.getReader();
        try {
          const [url] = await readUntil(errors, /http:\/\/127\.0\.0\.1:\d+\//);
          assert.equal(await (await fetch(`${url}waiting`)).text(), "done");
          assert.match(await (await fetch(`${url}slow`)).text(), /^\d+$/);
          const [report, route, culprit] = await readUntil(
            errors,
            /Potential event loop blocking in (.*?) (null|\{[\s\S]*?\n\})/,
          );
          assert.equal(route, "GET /slow", report);
          assert.match(culprit!, /function: "slow"/);
          assert.match(culprit!, /file: "file:\/\/.*\/app\/app\.ts"/);
          const loop = 1 +
            code.split("\n").findIndex((line) => line.includes("for ("));
          const line = Number(/line: (\d+)/.exec(culprit!)?.[1]);
          assert.equal(line, loop, report);
        } finally {
          child.kill("SIGKILL");
          await errors.cancel();
          await child.status;
        }
      },
    );

    await t.step("pool, log sink and watchdog find their threads", async () => {
      await Deno.writeTextFile(`${app}/threads.ts`, THREADS);
      const { out, err } = await succeed(
        Deno.execPath(),
        ["run", "-A", "threads.ts"],
        app,
      );
      assert.match(out, /^pool 42$/m, err);
      assert.match(out, /sink wrote this/, err);
      assert.match(err, /Event loop stalled in stuck/, out);
    });

    await t.step("its types are there", async () => {
      await Deno.writeTextFile(`${app}/types.ts`, TYPES);
      await succeed(Deno.execPath(), ["check", "types.ts"], app);
    });

    await t.step("its command runs", async () => {
      const cli = ["run", "-A", "npm:@loophound/toolkit/cli"];
      const { version } = JSON.parse(
        await Deno.readTextFile(`${root}lib/deno.json`),
      );
      const told = await succeed(
        Deno.execPath(),
        [...cli, "--version"],
        app,
      );
      assert.equal(told.out, `loophound ${version}\n`);
      const { out } = await succeed(
        Deno.execPath(),
        [...cli, "doctor", "--json", "--require", "lag,threads,watchdog,lint"],
        app,
      );
      assert.equal(JSON.parse(out).deno, Deno.version.deno);
      const wrong = await run(Deno.execPath(), [...cli, "dctor"], app);
      assert.equal(wrong.code, 2);
      assert.match(wrong.err, /did you mean "doctor"\?/);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Whatever starts a thread. */
const THREADS = `
import { openLogSink } from "@loophound/toolkit/logging";
import { startLoopMonitor } from "@loophound/toolkit/monitor";
import { createThreadPool, defineTask } from "@loophound/toolkit/offload";

export const double = defineTask({
  name: "double",
  module: import.meta.url,
  run: (n: number) => n * 2,
});

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

if (import.meta.main) {
  await using pool = await createThreadPool({
    classes: { short: { threads: 1 } },
  });
  console.log("pool", await pool.run(double, 21));

  await using log = openLogSink({ format: "json" });
  log.sink({
    category: ["test"],
    level: "info",
    message: ["sink wrote this"],
    rawMessage: "sink wrote this",
    timestamp: Date.now(),
    properties: {},
  });
  await log.flush();

  using monitor = startLoopMonitor({ watchdog: { stallMs: 200, graceMs: 1 } });
  await sleep(500);
  monitor.measure("stuck", () => {
    const end = performance.now() + 1_000;
    while (performance.now() < end);
  });
  await sleep(100);
}
`;

/** Types that reach through several modules of the package. */
const TYPES = `
import { deadline, loadShedding, type DeadlineVariables } from "@loophound/toolkit/hono";
import { type LoopMonitor, startLoopMonitor } from "@loophound/toolkit/monitor";
import { blockingApis } from "@loophound/toolkit/blocking_apis";
import { Hono } from "hono";

export function build(): LoopMonitor {
  const monitor = startLoopMonitor({ thresholdMs: 5 });
  const app = new Hono<{ Variables: DeadlineVariables }>();
  app.use("*", loadShedding(monitor, { lagMs: { high: 100, low: 50 } }));
  app.use("*", deadline({ ms: 1000, covers: "body" }));
  app.get("/", (c) => {
    const left: number = c.var.deadline.remainingMs();
    return c.json({ left, apis: blockingApis.length });
  });
  // @ts-expect-error -- a wrong type is still found
  startLoopMonitor({ thresholdMs: "5" });
  return monitor;
}
`;
