import type { Command } from "./_command.ts";

/** `loophound scan`: all its arguments are the scan's own. */
export const scanCommand: Command = {
  name: "scan",
  summary: "the way from each handler to every call that holds the loop",
  help: "",
  async run(args, { out, err }) {
    // Its parser takes longer to load than the other commands to run.
    const { runScan } = await import("@loophound/toolkit/scan");
    return await runScan(args, { out, err });
  },
};
