import { type Culprit, startLoopMonitor } from "@loophound/toolkit/monitor";
import inspector from "node:inspector";
import {
  fails,
  type Finding,
  INSPECTOR,
  limited,
  type Probe,
  quiet,
  sleep,
  spin,
  works,
} from "./_probe.ts";

const UPGRADE = "use Deno 2.9 or later";

interface Finished {
  params: { profile: { nodes: { callFrame: { functionName: string } }[] } };
}

/** Where the spinning of the probe is to be found. */
function profiledSpin(): void {
  spin(60);
}

/** A CPU profile of this program, by this program. */
export const profileProbe: Probe = {
  id: "profile",
  title: "culprit's function (rolling profile)",
  needs: [INSPECTOR],
  async run(): Promise<Finding> {
    const session = new inspector.Session();
    session.connect();
    try {
      let functions: string[] | null = null;
      session.on(
        "Profiler.consoleProfileFinished",
        ({ params }: Finished) => {
          functions = params.profile.nodes.map((node) =>
            node.callFrame.functionName
          );
        },
      );
      session.post("Profiler.enable");
      const before = performance.now();
      console.profile("loophound doctor");
      const startMs = performance.now() - before;
      profiledSpin();
      console.profileEnd("loophound doctor");
      await sleep(20);
      const names = functions as string[] | null;
      if (names === null) {
        return fails("this host's inspector delivers no profile", UPGRADE);
      }
      return names.includes(profiledSpin.name)
        ? works(
          `found the function that spun; the start held the loop ${
            startMs.toFixed(1)
          } ms`,
        )
        : fails("did not find the function that spun");
    } finally {
      session.disconnect();
    }
  },
};

/** Types and blank lines move what follows in the emitted code. */
const MODULE = `interface Moved {
  emitted: "elsewhere";
}

export type Held = Moved | null;

export function holdTheLoop(rounds: number): Held {
  let sum = 0;
  for (let i = 0; i < rounds; i++) sum += i % 7;
  return sum < 0 ? { emitted: "elsewhere" } : null;
}
`;
/** From 1: the loop of that module. */
const LINE = 9;
/** 30 to 100 ms. */
const ROUNDS = 50_000_000;
/** The first block after a profile's start may have no samples. */
const TRIES = 3;

/** The line of the TypeScript source, from a program that ran as JavaScript. */
export const linesProbe: Probe = {
  id: "lines",
  title: "culprit's line in the TypeScript source",
  needs: [INSPECTOR, { name: "read" }, { name: "write" }],
  async run(): Promise<Finding> {
    const folder = await Deno.makeTempDir({ prefix: "loophound-doctor-" });
    try {
      const file = `${folder}/probe.ts`;
      await Deno.writeTextFile(file, MODULE);
      const { href } = new URL(`file://${file}`);
      const { holdTheLoop } = await import(href);
      using monitor = startLoopMonitor(quiet);
      if (!monitor.profile.on) {
        return fails(`no profile: ${monitor.profile.why}`, UPGRADE);
      }
      let culprit: Culprit | null = null;
      let tries = 0;
      while (culprit === null && tries < TRIES) {
        tries++;
        await sleep(20);
        await monitor.measure("lines", async () => {
          await null;
          holdTheLoop(ROUNDS);
        });
        await monitor.settled();
        culprit = monitor.blocks()[0]?.culprit ?? null;
      }
      if (culprit === null) return fails("the reports named no culprit");
      const { line } = culprit;
      const found = `${culprit.function}, line ${line}${
        tries === 1 ? "" : `, at try ${tries}`
      }`;
      if (culprit.function !== "holdTheLoop" || culprit.file !== href) {
        return fails(`blamed ${found} of ${culprit.file}`);
      }
      return line === LINE
        ? works(`blamed ${found}, as the source has it`)
        : limited(`blamed ${found}; it is line ${LINE}`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};
