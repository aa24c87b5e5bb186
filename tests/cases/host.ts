/**
 * Runs files of the case book under a detector: `host.ts <detector> <folder>
 * <file...>`. See protocol.ts for what it is asked.
 *
 * @module
 */
import type { CaseModule } from "./case.ts";
import { openDetector } from "./host_detectors.ts";
import { runHost } from "./host_core.ts";

const [detector, folder, ...files] = Deno.args;
const modules: CaseModule[] = [];
for (const file of files) modules.push(await import(`./book/${file}`));
Deno.chdir(folder!);
await runHost({
  modules,
  detector: openDetector(detector!),
  serve: (app) =>
    new Promise((resolve) => {
      const server = Deno.serve({
        hostname: "127.0.0.1",
        port: 0,
        onListen: ({ port }) =>
          resolve({
            where: `http://127.0.0.1:${port}`,
            stop: () => server.shutdown(),
          }),
      }, app.fetch);
    }),
});
Deno.exit(0);
