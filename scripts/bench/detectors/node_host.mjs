/**
 * Runs files of the case book on Node, under a detector of others:
 * `node_host.mjs none|blocked-at|sentry <threshold ms> <dsn> <folder> <file...>`.
 */
import process from "node:process";

const [detector, threshold, dsn, folder, ...files] = process.argv.slice(2);
// By a name that is not in the source: none of these is installed for Deno.
const load = (name) => import(name);
const now = () => performance.timeOrigin + performance.now();
const found = [];

/** The innermost frame that is the book's own. */
function ownFrame(frames) {
  for (const text of frames) {
    const match =
      /at (?:(?:async )?(.*?) \()?(?:file:\/\/)?(\/.*?):(\d+):\d+\)?$/
        .exec(text.trim());
    if (match !== null && match[2].includes("/cases/book/")) {
      return {
        function: match[1] ?? null,
        file: match[2],
        line: Number(match[3]),
      };
    }
  }
  return { function: null, file: null, line: null };
}

if (detector === "sentry") {
  // Before anything that it patches is loaded.
  const sentry = await load("@sentry/node");
  const { eventLoopBlockIntegration } = await load("@sentry/node-native");
  sentry.init({
    dsn,
    tracesSampleRate: 0,
    integrations: [
      eventLoopBlockIntegration({
        threshold: Number(threshold),
        maxEventsPerHour: 1_000_000,
      }),
    ],
  });
} else if (detector === "blocked-at") {
  const { default: blocked } = await load("blocked-at");
  blocked((ms, stack) => {
    found.push({
      route: null,
      ...ownFrame(stack),
      cause: null,
      ms,
      at: now(),
    });
  }, { threshold: Number(threshold) });
}

const { runHost } = await import("../../../tests/cases/host_core.mjs");
const modules = [];
for (const file of files) {
  const name = file.replace(/\.ts$/, ".mjs");
  modules.push(await import(`../../../tests/cases/book/${name}`));
}
const { serve } = await load("@hono/node-server");
// Sentry's thread takes its time to start; what is blocked before is lost.
if (detector === "sentry") {
  await new Promise((resolve) => setTimeout(resolve, 2_000));
}
process.chdir(folder);
await runHost({
  modules,
  detector: { take: () => found.splice(0) },
  serve: (app) =>
    new Promise((resolve) => {
      const server = serve(
        { fetch: app.fetch, hostname: "127.0.0.1", port: 0 },
        ({ port }) =>
          resolve({
            where: `http://127.0.0.1:${port}`,
            stop: () => server.close(),
          }),
      );
    }),
});
process.exit(0);
