/**
 * `deno task bench`: the figures of docs/performance.md, each beside a
 * baseline of the same run.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { benchCache } from "./cache.ts";
import { benchChecker } from "./checker.ts";
import { benchClients } from "./clients.ts";
import { type Context, openContext } from "./context.ts";
import { benchDetectors } from "./detectors/mod.ts";
import { benchFetches } from "./fetches.ts";
import { type Figure, printFigures } from "./figure.ts";
import { benchHeavy } from "./heavy.ts";
import { benchLoad } from "./load.ts";
import { benchMemory } from "./memory.ts";
import { benchMonitor } from "./monitor.ts";
import { benchServing } from "./serving.ts";
import { watchStolenCpu } from "./stolen_cpu.ts";

const SECTIONS: Record<string, (context: Context) => Promise<Figure[]>> = {
  csv: benchChecker,
  monitor: benchMonitor,
  detectors: benchDetectors,
  serving: benchServing,
  clients: benchClients,
  load: benchLoad,
  heavy: benchHeavy,
  cache: benchCache,
  fetches: benchFetches,
  memory: benchMemory,
};

const HELP = `Measures Loophound on this machine.

Usage: deno task bench [--json] [--full] [--rows N] [sections]

Sections: ${Object.keys(SECTIONS).join(", ")} (default: all)

  --json  print nothing but JSON on stdout
  --full  the memory section loads 1 GB instead of 300 MB, the embedded engine
          all rows instead of a fifth
  --rows  rows of the files and of the heavy answer (default 1000000)
  --help  this text

A goal that was missed is printed as MISSED and does not make it fail; a
section that could not be measured does.
`;

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      full: { type: "boolean", default: false },
      rows: { type: "string", default: "1000000" },
      help: { type: "boolean", default: false },
    },
  });
  const names = positionals.length === 0 ? Object.keys(SECTIONS) : positionals;
  const unknown = names.find((name) => !Object.hasOwn(SECTIONS, name));
  if (values.help || unknown !== undefined) {
    if (unknown !== undefined) console.error(`There is no section ${unknown}`);
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  const rows = Number(values.rows);
  if (!Number.isInteger(rows) || rows < 10_000) {
    console.error(
      `Cannot read --rows "${values.rows}": it takes a whole number from 10000`,
    );
    return 2;
  }
  const figures: Figure[] = [];
  let failed = 0;
  await using context = await openContext({ full: values.full, rows });
  const onSignal = () => {
    const exit = () => Deno.exit(130);
    context[Symbol.asyncDispose]().then(exit, exit);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, onSignal);
  }
  const [load] = Deno.loadavg();
  if (load! > 1) {
    context.say(
      `the machine is busy (load ${load!.toFixed(1)}): mistrust the figures`,
    );
  }
  for (const name of names) {
    const started = performance.now();
    context.say(name);
    const stolen = await watchStolenCpu();
    try {
      figures.push(...await SECTIONS[name]!(context));
    } catch (error) {
      failed++;
      console.error(`Cannot measure ${name}:`, error);
    }
    const seconds = (performance.now() - started) / 1000;
    context.say(`${name}: ${seconds.toFixed(0)} s`);
    const percent = await stolen();
    if (percent !== null) {
      figures.push({
        section: name,
        figure: "CPU time that this machine was kept from",
        value: percent,
        unit: "%",
      });
    }
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.removeSignalListener(signal, onSignal);
  }
  printFigures(figures, { jsonOnly: values.json });
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
