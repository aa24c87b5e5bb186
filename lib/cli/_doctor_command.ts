import { parseArgs } from "node:util";
import { type Command, UsageError } from "./_command.ts";
import { examine, formatReport, probes } from "./_doctor.ts";

const ids = probes.map((probe) => probe.id);

function required(list: string | undefined): string[] {
  const asked = (list ?? "").split(",").map((id) => id.trim())
    .filter((id) => id !== "");
  for (const id of asked) {
    if (!ids.includes(id)) {
      throw new UsageError(
        `Cannot require "${id}": the detectors are ${ids.join(", ")}`,
      );
    }
  }
  return asked;
}

/** `loophound doctor`. */
export const doctorCommand: Command = {
  name: "doctor",
  summary: "which detectors work on this host, and why the others do not",
  help: `Usage: loophound doctor [--json] [--require <detectors>]

Tries every detector for real and says what it saw. Takes some seconds.
Never asks for a permission: it names those that are missing.

  --json                 the report as JSON
  --require <detectors>  exit code 1 unless these work: ${ids.join(",")}
`,
  async run(args, { out, err }) {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: "boolean" }, require: { type: "string" } },
    });
    const wanted = required(values.require);
    const report = await examine();
    out(
      values.json === true
        ? `${JSON.stringify(report, null, 2)}\n`
        : formatReport(report),
    );
    const lacking = report.detectors.filter((it) =>
      wanted.includes(it.id) && it.status !== "works"
    );
    for (const { id, status, found } of lacking) {
      err(`Required detector "${id}" ${status}: ${found}\n`);
    }
    return lacking.length === 0 ? 0 : 1;
  },
};
