import { fails, type Finding, limited, type Probe, works } from "./_probe.ts";

/** The guard: puts itself in, tries every API and goes again. */
export const guardProbe: Probe = {
  id: "guard",
  title: "catching synchronous calls (guard)",
  needs: [],
  async run(): Promise<Finding> {
    const { installGuard } = await import("@loophound/toolkit/guard");
    using guard = installGuard({
      action: "count",
      graceMs: 0,
      log: null,
      notify: () => {},
    });
    const { caught, notCaught, namedImports } = guard.selfTest;
    const found = `catches ${caught.length} APIs`;
    if (caught.length === 0) {
      return fails(`catches nothing: ${notCaught[0]?.reason ?? "no API"}`);
    }
    const tests = await guard.testImports();
    const missed = tests.filter((it) => !it.caught);
    if (namedImports.reach === "none" || missed.length > 0) {
      const modules = missed.map((it) => it.module).join(", ");
      return limited(
        `${found}; named imports not${modules === "" ? "" : ` (${modules})`}: ${
          missed[0]?.reason ?? namedImports.reason
        }`,
        namedImports.reach === "none"
          ? "use Deno 2.9 or later, or the import map of guardImports()"
          : null,
      );
    }
    return notCaught.length === 0
      ? works(`${found}, named imports too`)
      : works(
        `${found}, named imports too; ${notCaught.length} are out of reach on any host (${
          notCaught[0]!.reason
        })`,
      );
  },
};
