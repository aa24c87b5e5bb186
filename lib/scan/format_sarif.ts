import type { BlockingApi } from "@loophound/toolkit/blocking_apis";
import type {
  AllowanceFinding,
  PathStep,
  ScanFinding,
  ScanProblem,
  ScanResult,
} from "./types.ts";

const ALLOWANCE_RULES: Readonly<Record<AllowanceFinding["kind"], string>> = {
  expired: "The date of an allowance has passed",
  unused: "An allowance allows nothing",
  no_reason: "An allowance gives no reason",
  unknown_api: "An allowance names no blocking API",
  bad_date: "The date of an allowance cannot be read",
};

function artifact(file: string) {
  // A path is no URI: "#" and spaces have other meanings there.
  return { uri: file.split("/").map(encodeURIComponent).join("/") };
}

function location(file: string, line: number, column?: number) {
  return {
    physicalLocation: {
      artifactLocation: artifact(file),
      region: {
        startLine: line,
        ...(column === undefined ? {} : { startColumn: column }),
      },
    },
  };
}

function rule(api: BlockingApi) {
  return {
    id: api.id,
    shortDescription: { text: `${api.id} holds the event loop` },
    fullDescription: { text: api.why },
    help: { text: api.instead },
    defaultConfiguration: { level: "error" },
  };
}

function stepLocation(step: PathStep, index: number, last: string) {
  return {
    executionOrder: index + 1,
    location: {
      ...location(step.file, step.line),
      message: { text: `${step.function} calls ${last}` },
    },
  };
}

function resultOf(finding: ScanFinding) {
  const { api, culprit, entry, path, level, fingerprint } = finding;
  return {
    ruleId: api.id,
    level: level === "finding" ? "error" : "note",
    message: {
      text:
        `${entry.label} reaches ${api.id} in ${culprit.function}: ${api.why} Instead: ${api.instead}`,
    },
    locations: [location(culprit.file, culprit.line, culprit.column)],
    relatedLocations: [{
      ...location(entry.file, entry.line),
      message: { text: `Entered by ${entry.kind} ${entry.label}` },
    }],
    codeFlows: [{
      threadFlows: [{
        locations: [
          {
            executionOrder: 1,
            location: {
              ...location(entry.file, entry.line),
              message: { text: `${entry.kind} ${entry.label}` },
            },
          },
          ...path.map((step, index) =>
            stepLocation(step, index + 1, path[index + 1]?.function ?? api.id)
          ),
        ],
      }],
    }],
    partialFingerprints: { "loophound/v1": fingerprint },
  };
}

function allowanceResult({ kind, file, line, message }: AllowanceFinding) {
  return {
    ruleId: `allowance/${kind}`,
    level: "error",
    message: { text: message },
    locations: [location(file, line)],
  };
}

function notification({ kind, file, line, column, message }: ScanProblem) {
  return {
    level: "error",
    descriptor: { id: kind },
    message: { text: message },
    locations: [location(file, line, column)],
  };
}

/**
 * Puts a result as SARIF 2.1.0, which code hosts show beside the lines: a
 * result for each entry and blocking call, with the way as its code flow.
 */
export function formatSarif(result: ScanResult): string {
  const { findings, allowances, problems } = result;
  const apis = new Map(findings.map(({ api }) => [api.id, api]));
  const kinds = [...new Set(allowances.map(({ kind }) => kind))].sort();
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{
      tool: {
        driver: {
          name: "loophound scan",
          rules: [
            ...[...apis.keys()].sort().map((id) => rule(apis.get(id)!)),
            ...kinds.map((kind) => ({
              id: `allowance/${kind}`,
              shortDescription: { text: ALLOWANCE_RULES[kind] },
            })),
          ],
        },
      },
      columnKind: "utf16CodeUnits",
      invocations: [{
        executionSuccessful: problems.length === 0,
        toolExecutionNotifications: problems.map(notification),
      }],
      results: [
        ...findings.map(resultOf),
        ...allowances.map(allowanceResult),
      ],
    }],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}
