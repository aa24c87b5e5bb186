import { BOOK } from "./book/mod.ts";
import type { CaseModule } from "./case.ts";
import { denoHost, startHost } from "./drive.ts";
import { judge } from "./judge.ts";
import { markedLines, readBook } from "./labels.ts";
import { openWorkspace } from "./workspace.ts";
const [mode, pattern = ".", n = "2", verbose] = Deno.args;
const marks = markedLines(await readBook());
await using ws = await openWorkspace();
for (const { file } of BOOK) {
  const module: CaseModule = await import(`./book/${file}`);
  const cases = module.cases.filter((it) =>
    new RegExp(pattern).test(it.name) || new RegExp(pattern).test(file)
  );
  if (cases.length === 0) continue;
  const t = performance.now();
  await using host = await startHost(denoHost(mode!, ws.folder, [file]));
  console.log(`== ${file}`, (performance.now() - t).toFixed(0));
  for (const it of cases) {
    for (let i = 0; i < Number(n); i++) {
      const run = await host.run(it);
      if (it.innocent) {
        console.log(
          it.name,
          "innocent",
          run.reports.length === 0 ? "ok" : "ALARM",
          Math.max(0, ...run.stalls.map((s) => s.to - s.from)).toFixed(0),
          run.reports.length ? JSON.stringify(run.reports) : "",
        );
      } else {
        const v = judge(it, marks.get(it.name) ?? [], run);
        console.log(
          it.name,
          v.stallMs.toFixed(0),
          v.found ? "found" : "NOTFOUND",
          v.route ? "route" : "NOROUTE",
          v.line ? "line" : "NOLINE",
          v.function ? "fn" : "NOFN",
          v.cause ? "cause" : "NOCAUSE",
          v.latencyMs?.toFixed(0),
          v.falseAlarms.length ? "FALSE" : "",
          verbose || (!v.line && mode === "profile")
            ? JSON.stringify(run.reports)
            : "",
        );
      }
    }
  }
}
